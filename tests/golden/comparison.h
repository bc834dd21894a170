// SPDX-License-Identifier: MIT
// How far the stages of a run are from the golden ones, and how far they may be (specification 12.4).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "golden/golden_set.h"
#include "model/stage_recorder.h"

namespace deepseekocr::test {

/// Keeps every stage of a run as float32; the logits of decode step N as "logits.stepN".
class StageStore final : public StageRecorder {
 public:
  /// Rows of the last axis.
  struct Stage {
    std::vector<float> values;
    int64_t columns = 0;
  };

  void record(const std::string& name, const at::Tensor& value) override;
  const Stage* find(const std::string& name) const;
  void clear();

 private:
  std::map<std::string, Stage> stages_;
  int step_ = 0;
};

/// One line of the table.
struct Comparison {
  std::string golden_case, stage;
  double error = 0;          ///< relative L2, or share of rows with other experts, or number of wrong ids
  double limit = 0;          ///< of `error`
  double largest = 0;        ///< largest absolute error in standard deviations of the stage; 0 where it has no meaning
  double largest_limit = 0;  ///< 0: not limited
  int64_t rows = 0;          ///< that were compared, of sets of experts
  bool holds = false;
  std::string remark;  ///< what is wrong, or what was compared where it is not the relative L2 error

  std::string line() const;
};

/// int8_vision: int8 of a checkpoint whose vision encoder is in 8 bits, too.
enum class Precision { fp32, bf16, int8, int8_vision, int4 };

/// "fp32", …; @throws std::invalid_argument for another
Precision parse_precision(const std::string& name);
DsocrPrecision engine_precision(Precision precision);

/// Compares every stage that the goldens hold, except the logits of decode steps that came after the ids parted
/// (all but float32): those belong to different texts.
/// @param equal_ids  how many ids of the greedy run agree from the start
std::vector<Comparison> compare_stages(const GoldenCase& golden, const StageStore& stages, Precision precision,
                                       size_t equal_ids);

}  // namespace deepseekocr::test
