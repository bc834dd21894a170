// SPDX-License-Identifier: MIT
#include "tools/trace/stage_dump.h"

namespace deepseekocr::trace {

void StageDump::record(const std::string& name, const at::Tensor& value) {
  const bool integers = !value.is_floating_point();
  const at::Tensor host = value.to(at::kCPU, integers ? at::kInt : at::kFloat).contiguous();
  const bool decode_step = name == "logits.next";
  const at::Tensor kept = decode_step ? host.flatten() : host;  // one sequence
  writer_.add(decode_step ? "logits.step" + std::to_string(++step_) : name,
              integers ? StorageType::i32 : StorageType::f32, kept.sizes().vec(), kept.const_data_ptr(), kept.nbytes());
}

}  // namespace deepseekocr::trace
