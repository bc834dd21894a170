// SPDX-License-Identifier: MIT
// Rounds the decoder of a checkpoint in place as the block formats of another program would, so that what int8 and int4
// lose can be compared with what those lose on the same weights.
//
//   round-checkpoint WEIGHTS.safetensors q8_0|q4_0
//
// Blocks of 32 weights of a row with a scale in float16.  q8_0: whole numbers to 127 for the largest; q4_0: −8 to 7,
// the value of largest magnitude −8.  Matrices of decoder layers but the router's are rounded, and lm_head to q8_0 in
// both. The file must hold bfloat16, and the rounded weights are rounded to it once more: a fifth of what q8_0 loses.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include "checkpoint/element_type.h"
#include "checkpoint/safetensors.h"

namespace {

using namespace deepseekocr;

constexpr size_t kBlock = 32;

float to_half_and_back(float value) {
  uint16_t half = 0;
  convert_elements(ElementType::f32, &value, ElementType::f16, &half, 1);
  convert_elements(ElementType::f16, &half, ElementType::f32, &value, 1);
  return value;
}

void round_q8_0(float* block) {
  float largest = 0;
  for (size_t i = 0; i < kBlock; ++i) largest = std::max(largest, std::abs(block[i]));
  const float scale = largest / 127, kept = to_half_and_back(scale);
  for (size_t i = 0; i < kBlock; ++i) block[i] = scale > 0 ? std::round(block[i] / scale) * kept : 0;
}

void round_q4_0(float* block) {
  float extreme = 0;
  for (size_t i = 0; i < kBlock; ++i)
    if (std::abs(block[i]) > std::abs(extreme)) extreme = block[i];
  const float scale = extreme / -8, kept = to_half_and_back(scale);
  for (size_t i = 0; i < kBlock; ++i)
    block[i] = scale != 0 ? std::clamp(std::floor(block[i] / scale + 0.5F), -8.0F, 7.0F) * kept : 0;
}

bool ends_with(const std::string& name, const std::string& end) {
  return name.size() >= end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0;
}

/// "", "q8_0" or "q4_0"
std::string format_of(const SafetensorsEntry& tensor, const std::string& wanted) {
  if (tensor.name == "lm_head.weight") return "q8_0";
  const bool matrix = tensor.name.rfind("model.layers.", 0) == 0 && tensor.shape.size() == 2;
  return matrix && !ends_with(tensor.name, ".gate.weight") ? wanted : "";
}

void round_tensor(int file, const SafetensorsEntry& tensor, const std::string& format) {
  constexpr size_t kPart = size_t{1} << 20;
  std::vector<uint16_t> bits(kPart);
  std::vector<float> values(kPart);
  if (tensor.type != StorageType::bf16 || tensor.shape[1] % static_cast<int64_t>(kBlock) != 0)
    throw std::runtime_error(tensor.name + " is not bfloat16, or has rows that are no whole blocks");
  for (uint64_t done = 0; done < tensor.bytes;) {
    const size_t bytes = std::min<uint64_t>(tensor.bytes - done, kPart * 2), count = bytes / 2;
    const auto place = static_cast<off_t>(tensor.offset + done);
    if (::pread(file, bits.data(), bytes, place) != static_cast<ssize_t>(bytes))
      throw std::runtime_error("read failed");
    convert_elements(ElementType::bf16, bits.data(), ElementType::f32, values.data(), count);
    for (size_t i = 0; i < count; i += kBlock) format == "q8_0" ? round_q8_0(&values[i]) : round_q4_0(&values[i]);
    convert_elements(ElementType::f32, values.data(), ElementType::bf16, bits.data(), count);
    if (::pwrite(file, bits.data(), bytes, place) != static_cast<ssize_t>(bytes))
      throw std::runtime_error("write failed");
    done += bytes;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string format = argc == 3 ? argv[2] : "";
  if (format != "q8_0" && format != "q4_0") {
    std::fprintf(stderr, "usage: round-checkpoint WEIGHTS.safetensors q8_0|q4_0\n");
    return 2;
  }
  try {
    const SafetensorsFile weights = SafetensorsFile::open(argv[1]);
    const int file = ::open(argv[1], O_RDWR | O_CLOEXEC);
    if (file < 0) throw std::runtime_error(std::string(argv[1]) + " cannot be written");
    for (const SafetensorsEntry& tensor : weights.entries()) {
      const std::string own = format_of(tensor, format);
      if (!own.empty()) round_tensor(file, tensor, own);
    }
    if (::close(file) != 0) throw std::runtime_error("write failed");
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "round-checkpoint: %s\n", error.what());
    return 1;
  }
}
