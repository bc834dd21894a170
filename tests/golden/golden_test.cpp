// SPDX-License-Identifier: MIT
// The network against the official implementation: every stage, every mode, every decoding rule, in every precision.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "checkpoint_writer.h"
#include "golden/golden_run.h"
#include "model/torch_runner.h"
#include "operations/cuda/support.h"
#include "tools/sha256.h"
#include "tools/temporary_folder.h"

namespace deepseekocr::test {
namespace {

using Parameters = std::tuple<std::string, Precision, std::string>;

/// Where the goldens lie: the program may have been built on another machine.
std::string data_folder() {
  const char* folder = std::getenv("DEEPSEEKOCR_TEST_DATA");
  return folder != nullptr ? folder : TEST_DATA_DIR;
}

class Golden : public testing::TestWithParam<Parameters> {};

TEST_P(Golden, EveryStageOfEveryCase) {
  const auto [name, precision, device] = GetParam();
  if (device == "cuda" && !cuda::support().complaint.empty())
    GTEST_SKIP() << "no CUDA device: " << cuda::support().complaint;
  if (device == "cuda" && (precision == Precision::int8 || precision == Precision::int4))
    GTEST_SKIP() << "8 and 4 bits compute on the CPU";
  const GoldenSet set = GoldenSet::read(data_folder() + "/golden/" + name);
  const TemporaryFolder folder;
  CheckpointOptions checkpoint;
  checkpoint.seed = set.seed;
  write_checkpoint(set.preset, folder.path(), checkpoint);
  ASSERT_EQ(sha256_hex_of_file(folder / set.weights_file), set.weights_sha256) << "the weights are others";

  ModelOptions options;
  options.model_path = folder.path();
  options.device = device;
  options.precision = engine_precision(precision);
  StageStore stages;
  const CancelFlag never{false};
  const auto model = load_torch_model(options, nullptr, never, &stages);
  for (const GoldenCase& golden : set.cases) {
    for (const Comparison& comparison : run_golden_case(golden, *model, stages, precision)) {
      std::cout << comparison.line() << "\n";
      EXPECT_TRUE(comparison.holds) << name << ": " << comparison.line();
    }
  }
}

/// The bundled checkpoint against the network that it was trained with, which states the arithmetic a second time.
TEST(BundledCheckpoint, EqualsItsTrainer) {
  const GoldenSet set = GoldenSet::read(std::string(TEST_DATA_DIR) + "/golden/label-reader");
  ModelOptions options;
  options.model_path = BUNDLED_MODEL;
  ASSERT_EQ(sha256_hex_of_file(std::string(BUNDLED_MODEL) + "/" + set.weights_file), set.weights_sha256)
      << "the checkpoint is another: run record_stages.py";
  options.precision = DSOCR_PRECISION_FP32;
  StageStore stages;
  const CancelFlag never{false};
  const auto model = load_torch_model(options, nullptr, never, &stages);
  for (const GoldenCase& golden : set.cases) {
    for (const Comparison& comparison : run_golden_case(golden, *model, stages, Precision::fp32)) {
      std::cout << comparison.line() << "\n";
      EXPECT_TRUE(comparison.holds) << comparison.line();
    }
  }
}

/// Its vision encoder in 8 bits.  In these pictures without text most of what the projector is given cancels out, so
/// that what rounding left is a tenth of the rest; what counts is what the decoder makes of it: its logits are off by
/// half a hundredth, and both are answered by the end, as in float32.
TEST(BundledCheckpoint, ReadsInEightBits) {
  const GoldenSet set = GoldenSet::read(std::string(TEST_DATA_DIR) + "/golden/label-reader");
  ModelOptions options;
  options.model_path = BUNDLED_MODEL;
  options.precision = DSOCR_PRECISION_INT8;
  StageStore stages;
  const CancelFlag never{false};
  const auto model = load_torch_model(options, nullptr, never, &stages);
  for (const GoldenCase& golden : set.cases) {
    for (const Comparison& comparison : run_golden_case(golden, *model, stages, Precision::int8_vision)) {
      std::cout << comparison.line() << "\n";
      EXPECT_TRUE(comparison.holds) << comparison.line();
    }
  }
}

/// Adapters that PEFT made, against the network that PEFT's merged weights were put in.
class AdapterGolden : public testing::TestWithParam<const char*> {};

TEST_P(AdapterGolden, ReadsAsWithTheMergedWeights) {
  const GoldenSet set = GoldenSet::read(data_folder() + "/golden/adapter-mini-a/" + GetParam());
  const TemporaryFolder folder;
  CheckpointOptions checkpoint;
  checkpoint.seed = set.seed;
  write_checkpoint(set.preset, folder.path(), checkpoint);
  ASSERT_EQ(sha256_hex_of_file(folder / set.weights_file), set.weights_sha256) << "the weights are others";
  for (const Precision precision : {Precision::fp32, Precision::int8}) {
    ModelOptions options;
    options.model_path = folder.path();
    options.adapter_path = data_folder() + "/golden/adapter-mini-a/" + GetParam();
    options.precision = engine_precision(precision);
    StageStore stages;
    const CancelFlag never{false};
    const auto model = load_torch_model(options, nullptr, never, &stages);
    for (const Comparison& comparison : run_golden_case(set.cases.at(0), *model, stages, precision)) {
      std::cout << comparison.line() << "\n";
      EXPECT_TRUE(comparison.holds) << GetParam() << ": " << comparison.line();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(ByPeft, AdapterGolden, testing::Values("decoder", "vision", "patterns", "whole", "dora"),
                         [](const auto& info) { return info.param; });

std::string precision_name(Precision precision) {
  static const char* const kNames[] = {"_fp32", "_bf16", "_int8", "_int8_vision", "_int4"};
  return kNames[static_cast<int>(precision)];
}

INSTANTIATE_TEST_SUITE_P(Checkpoints, Golden,
                         testing::Combine(testing::Values("mini-a", "mini-b"),
                                          testing::Values(Precision::fp32, Precision::bf16, Precision::int8,
                                                          Precision::int4),
                                          testing::Values("cpu", "cuda")),
                         [](const testing::TestParamInfo<Parameters>& info) {
                           const std::string name = std::get<0>(info.param) == "mini-a" ? "mini_a" : "mini_b";
                           return name + precision_name(std::get<1>(info.param)) + "_" + std::get<2>(info.param);
                         });

}  // namespace
}  // namespace deepseekocr::test
