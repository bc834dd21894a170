// SPDX-License-Identifier: MIT
// Runs a golden case through a loaded model.
#pragma once

#include <vector>

#include "golden/comparison.h"
#include "golden/golden_set.h"
#include "serving/model_runner.h"

namespace deepseekocr::test {

/// Draws the case's picture, encodes it, decodes with every rule of the case, and compares stages and ids.
/// @param model  loaded with `stages` as its recorder
std::vector<Comparison> run_golden_case(const GoldenCase& golden, ModelRunner& model, StageStore& stages,
                                        Precision precision);

}  // namespace deepseekocr::test
