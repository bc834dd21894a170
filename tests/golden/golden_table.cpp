// SPDX-License-Identifier: MIT
// Prints the golden table of a checkpoint: case, stage, error, limit.
//
//   golden-table GOLDEN_FOLDER CHECKPOINT_FOLDER [fp32|bf16|int8|int4] [CASE…]
//
// DEEPSEEKOCR_DEVICE names the device, "cpu" without it; DEEPSEEKOCR_KV_CACHE is native or int8, "auto" without it.
// Exit status 0 where every comparison holds.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "golden/golden_run.h"
#include "model/torch_runner.h"
#include "tools/kv_cache_name.h"

namespace deepseekocr::test {
namespace {

int print_table(const std::vector<std::string>& arguments) {
  if (arguments.size() < 2) {
    std::fprintf(stderr, "usage: golden-table GOLDEN_FOLDER CHECKPOINT_FOLDER [fp32|bf16|int8|int4] [CASE...]\n");
    return 2;
  }
  const Precision precision = parse_precision(arguments.size() > 2 ? arguments[2] : "fp32");
  const std::vector<std::string> wanted(arguments.begin() + std::min<ptrdiff_t>(3, std::ssize(arguments)),
                                        arguments.end());
  ModelOptions options;
  options.model_path = arguments[1];
  const char* device = std::getenv("DEEPSEEKOCR_DEVICE");
  options.device = device != nullptr ? device : "cpu";
  options.precision = engine_precision(precision);
  const char* kv_cache = std::getenv("DEEPSEEKOCR_KV_CACHE");
  options.kv_cache = parse_kv_cache(kv_cache != nullptr ? kv_cache : "auto");
  StageStore stages;
  const CancelFlag never{false};
  const auto model = load_torch_model(options, nullptr, never, &stages);
  std::printf("%-12s %-34s %9s %9s %9s %9s\n", "case", "stage", "error", "limit", "max/std", "limit");
  size_t held = 0, total = 0;
  for (const GoldenCase& golden : GoldenSet::read(arguments[0]).cases) {
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), golden.name) == wanted.end()) continue;
    for (const Comparison& comparison : run_golden_case(golden, *model, stages, precision)) {
      std::printf("%s\n", comparison.line().c_str());
      ++total;
      held += comparison.holds ? 1 : 0;
    }
  }
  std::printf("%zu of %zu comparisons hold\n", held, total);
  return total > 0 && held == total ? 0 : 1;
}

}  // namespace
}  // namespace deepseekocr::test

int main(int argc, char** argv) {
  try {
    return deepseekocr::test::print_table({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "golden-table: %s\n", error.what());
    return 1;
  }
}
