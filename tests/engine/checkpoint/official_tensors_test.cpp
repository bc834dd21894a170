// SPDX-License-Identifier: MIT
// The official configuration asks for the tensors that the official checkpoint holds.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "checkpoint/checkpoint.h"

namespace deepseekocr {
namespace {

const std::filesystem::path data = TEST_DATA_DIR;

using Shapes = std::map<std::string, std::vector<int64_t>>;

Shapes read_table() {
  std::ifstream file(data / "official/tensor_shapes.tsv");
  Shapes table;
  std::string line;
  std::getline(file, line);  // heading
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    std::string name;
    std::string type;
    std::string shape;
    std::getline(fields, name, '\t');
    std::getline(fields, type, '\t');
    std::getline(fields, shape, '\t');
    EXPECT_EQ(type, "BF16");
    std::istringstream extents(shape.substr(1));
    for (std::string extent; std::getline(extents, extent, ',');) table[name].push_back(std::stoll(extent));
  }
  return table;
}

TEST(OfficialTensors, AreThoseOfTheTableButTheUnusedOne) {
  const ModelConfig config = ModelConfig::from_file(data / "official");
  Shapes expected = read_table();
  ASSERT_EQ(expected.size(), 2710u);
  ASSERT_EQ(expected.erase("model.vision_model.embeddings.patch_embedding.weight"), 1u);
  Shapes required;
  double elements = 0;
  for (const TensorRequirement& tensor : required_tensors(config)) {
    EXPECT_TRUE(required.emplace(tensor.name, tensor.shape).second) << tensor.name << " twice";
    double count = 1;
    for (const int64_t extent : tensor.shape) count *= static_cast<double>(extent);
    elements += count;
  }
  for (const auto& [name, shape] : expected) EXPECT_EQ(required[name], shape) << name;
  EXPECT_EQ(required.size(), expected.size());
  EXPECT_EQ(elements, 3336106240.0 - 1024 * 3 * 14 * 14);
  EXPECT_EQ(config.parameter_estimate(), elements);
}

}  // namespace
}  // namespace deepseekocr
