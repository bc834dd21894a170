// SPDX-License-Identifier: MIT
// The fuzz targets without a fuzzer: the corpus, and a fixed sequence of mutations of it.  Runs with every compiler and
// finds the same inputs every time.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string_view>
#include <vector>

#include "fuzz_targets.h"
#include "temporary_folder.h"

namespace deepseekocr::test {
namespace {

struct Target {
  const char* name;
  void (*run)(const uint8_t* data, size_t size);
  const char* corpus;  ///< folder
  int mutations;
};

void PrintTo(const Target& target, std::ostream* stream) {
  *stream << target.name;
}

std::vector<std::string> read_corpus(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> corpus;
  corpus.reserve(paths.size());
  for (const std::filesystem::path& path : paths) corpus.push_back(read_file(path));
  return corpus;
}

/// Changes a text a little, in ways that JSON readers are sensitive to.
class Mutator {
 public:
  void mutate(std::string& text) {
    for (size_t changes = 1 + below(4); changes > 0; --changes) change(text);
  }
  size_t below(size_t bound) { return bound ? random_() % bound : 0; }

 private:
  void change(std::string& text) {
    constexpr std::array<std::string_view, 24> tokens = {"null",
                                                         "true",
                                                         "0",
                                                         "-1",
                                                         "1",
                                                         "4294967296",
                                                         "9223372036854775807",
                                                         "18446744073709551615",
                                                         "1e999",
                                                         "0.5",
                                                         "\"x\"",
                                                         "{}",
                                                         "[]",
                                                         "[",
                                                         "{",
                                                         "}",
                                                         "]",
                                                         ",",
                                                         ":",
                                                         "\"",
                                                         "\\",
                                                         " ",
                                                         "\n",
                                                         "\\u0000"};
    const size_t place = below(text.size() + 1);
    const size_t length = std::min(below(32), text.size() - place);
    switch (below(6)) {
      case 0:
        text.insert(place, tokens[below(tokens.size())]);
        break;
      case 1:
        text.erase(place, length);
        break;
      case 2:
        text.insert(below(text.size() + 1), text.substr(place, length));
        break;
      case 3:
        if (place < text.size()) text[place] = static_cast<char>(below(256));
        break;
      case 4:
        replace_number(text, place, tokens[below(10)]);
        break;
      default:
        text.resize(place);
        break;
    }
  }

  /// Puts `token` in the place of the next number.
  static void replace_number(std::string& text, size_t from, std::string_view token) {
    constexpr std::string_view digits = "-0123456789.";
    const size_t begin = text.find_first_of(digits, from);
    if (begin == std::string::npos) return;
    const size_t end = std::min(text.find_first_not_of(digits, begin), text.size());
    text.replace(begin, end - begin, token);
  }

  std::mt19937 random_{20240229};  // the same numbers with every standard library
};

void run(const Target& target, const std::string& text) {
  target.run(reinterpret_cast<const uint8_t*>(text.data()), text.size());
}

class FuzzTargets : public testing::TestWithParam<Target> {};

TEST_P(FuzzTargets, SurviveTheCorpusAndItsMutations) {
  const std::vector<std::string> corpus = read_corpus(std::filesystem::path(CORPUS_DIR) / GetParam().corpus);
  ASSERT_FALSE(corpus.empty());
  for (const std::string& text : corpus) run(GetParam(), text);
  Mutator mutator;
  for (int i = 0; i < GetParam().mutations; ++i) {
    std::string text = corpus[mutator.below(corpus.size())];
    mutator.mutate(text);
    run(GetParam(), text);
  }
}

INSTANTIATE_TEST_SUITE_P(Readers, FuzzTargets,
                         testing::Values(Target{"config", fuzz_config, "config", 20000},
                                         Target{"safetensors", fuzz_safetensors, "safetensors", 100000}));

}  // namespace
}  // namespace deepseekocr::test
