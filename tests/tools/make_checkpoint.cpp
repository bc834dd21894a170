// SPDX-License-Identifier: MIT
// Writes a checkpoint folder with reproducible random weights; see checkpoint_writer.h.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>

#include "checkpoint_writer.h"
#include "sha256.h"

namespace {

using namespace deepseekocr;
using namespace deepseekocr::test;

constexpr const char* usage =
    "usage: make-checkpoint (--preset official|mini-a|mini-b | --config FILE) --out DIR [--seed N]\n"
    "                       [--dtype bf16|f16|f32] [--shards N] [--official-layout] [--tokenizer FILE]\n"
    "                       [--threads N] [--sha256]\n"
    "Writes a DeepSeek-OCR checkpoint folder with reproducible random weights.  The official size takes 6.7 GB\n"
    "in bf16.  --sha256 prints the hash of each weight file.\n";

struct Arguments {
  ModelConfig config;
  bool has_config = false;
  std::filesystem::path out;
  CheckpointOptions options;
  bool print_hashes = false;
};

template <typename Number>
Number parse_number(const std::string& option, const std::string& text, Number low, Number high) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < low || number > high)
    throw std::invalid_argument(option + " must be an integer from " + std::to_string(low) + " to " +
                                std::to_string(high) + ", not \"" + text + "\".");
  return number;
}

ElementType parse_type(const std::string& text) {
  if (text == "bf16") return ElementType::bf16;
  if (text == "f16") return ElementType::f16;
  if (text == "f32") return ElementType::f32;
  throw std::invalid_argument("--dtype must be bf16, f16 or f32, not \"" + text + "\".");
}

ModelConfig read_config(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::invalid_argument(path + " cannot be opened.");
  return ModelConfig::from_json(std::string(std::istreambuf_iterator<char>(file), {}), path);
}

/// @return whether the option takes no value.
bool parse_flag(const std::string& option, Arguments& arguments) {
  if (option == "--official-layout") return arguments.options.official_layout = true;
  if (option == "--sha256") return arguments.print_hashes = true;
  return false;
}

void parse_option(const std::string& option, const std::string& value, Arguments& arguments) {
  CheckpointOptions& options = arguments.options;
  if (option == "--preset" || option == "--config") {
    arguments.config = option == "--preset" ? preset(value) : read_config(value);
    arguments.has_config = true;
  } else if (option == "--out") {
    arguments.out = value;
  } else if (option == "--seed") {
    options.seed = parse_number<int64_t>(option, value, INT64_MIN, INT64_MAX);
  } else if (option == "--dtype") {
    options.type = parse_type(value);
  } else if (option == "--shards") {
    options.shards = parse_number<int>(option, value, 1, 1000);
  } else if (option == "--tokenizer") {
    options.tokenizer = value;
  } else if (option == "--threads") {
    options.threads = parse_number<unsigned>(option, value, 1, 256);
  } else {
    throw std::invalid_argument("There is no option \"" + option + "\".");
  }
}

Arguments parse(int count, char** values) {
  Arguments arguments;
  arguments.options.threads = std::max(1u, std::thread::hardware_concurrency());
  for (int i = 1; i < count; ++i) {
    const std::string option = values[i];
    if (parse_flag(option, arguments)) continue;
    if (i + 1 == count) throw std::invalid_argument(option + " needs a value, or is no option.");
    parse_option(option, values[++i], arguments);
  }
  if (!arguments.has_config || arguments.out.empty())
    throw std::invalid_argument("--preset or --config, and --out, are needed.");
  return arguments;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Arguments arguments = parse(argc, argv);
    for (const std::string& name : write_checkpoint(arguments.config, arguments.out, arguments.options)) {
      const std::filesystem::path path = arguments.out / name;
      std::printf("%s: %ju bytes\n", path.c_str(), static_cast<uintmax_t>(std::filesystem::file_size(path)));
      if (arguments.print_hashes) std::printf("%s %s\n", sha256_hex_of_file(path).c_str(), name.c_str());
    }
    return 0;
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "make-checkpoint: %s\n%s", error.what(), usage);
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "make-checkpoint: %s\n", error.what());
    return 1;
  }
}
