// SPDX-License-Identifier: MIT
#include "fuzz_targets.h"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "checkpoint/checkpoint.h"
#include "checkpoint/error.h"
#include "checkpoint/safetensors.h"

namespace deepseekocr::test {
namespace {

void require(bool holds, const char* what, const std::string& detail) {
  if (holds) return;
  std::fprintf(stderr, "fuzz target: %s: %s\n", what, detail.c_str());
  std::abort();
}

/// Runs `work`; any exception but an EngineError ends the program.
template <typename Work>
void expect_only_sentences(const Work& work) {
  try {
    work();
  } catch (const EngineError& error) {
    const std::string_view sentence = error.what();
    require(sentence.find("input") != std::string_view::npos, "the sentence does not name the file", error.what());
    require(sentence.ends_with('.'), "not a sentence", error.what());
    require(sentence.size() < sizeof(DsocrError::message), "the sentence is too long", error.what());
    for (const char letter : sentence)
      require(static_cast<unsigned char>(letter) >= 0x20 && static_cast<unsigned char>(letter) < 0x7f,
              "bytes of the file reached the sentence unquoted", error.what());
  }
}

void check_entries(const std::vector<SafetensorsEntry>& entries, uint64_t data_begin, uint64_t data_end) {
  for (const SafetensorsEntry& entry : entries) {
    require(entry.offset >= data_begin && entry.offset <= data_end && entry.bytes <= data_end - entry.offset,
            "a tensor lies outside the file", entry.name);
    uint64_t elements = 1;  // cannot overflow: the product is at most 64, or an extent is 0
    for (const int64_t extent : entry.shape) {
      require(extent >= 0, "an extent is negative", entry.name);
      elements = entry.bytes == 0 ? 0 : elements * static_cast<uint64_t>(extent);
    }
    require(entry.bytes == elements * storage_size(entry.type), "shape and bytes differ", entry.name);
    for (const SafetensorsEntry& other : entries)
      require(&other == &entry || other.bytes == 0 || entry.bytes == 0 || other.offset >= entry.offset + entry.bytes ||
                  entry.offset >= other.offset + other.bytes,
              "two tensors overlap", entry.name + ", " + other.name);
  }
}

}  // namespace

void fuzz_config(const uint8_t* data, size_t size) {
  expect_only_sentences([&] {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const ModelConfig config = ModelConfig::from_json(text, "input");
    double elements = 0;
    for (const TensorRequirement& tensor : required_tensors(config)) {
      double count = 1;
      for (const int64_t extent : tensor.shape) {
        require(extent > 0, "a tensor is empty", tensor.name);
        count *= static_cast<double>(extent);
      }
      elements += count;
    }
    require(elements == config.parameter_estimate(), "the estimate is wrong", std::to_string(elements));
    require(elements <= 1e11, "the model is too large", std::to_string(elements));
  });
}

void fuzz_safetensors(const uint8_t* data, size_t size) {
  expect_only_sentences([&] {
    const std::string_view header(reinterpret_cast<const char*>(data), size);
    const uint64_t begin = 8 + size;
    check_entries(parse_safetensors_header(header, begin + 64, "input"), begin, begin + 64);
  });
}

}  // namespace deepseekocr::test
