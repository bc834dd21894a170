// SPDX-License-Identifier: MIT
#include "tools/trace/ppm.h"

#include <cctype>
#include <fstream>
#include <string>
#include <system_error>

#include "checkpoint/error.h"

namespace deepseekocr::trace {
namespace {

constexpr int kLargestSide = 32768;
constexpr int64_t kLargestArea = int64_t{1} << 28;

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what) {
  throw EngineError(DSOCR_INVALID_ARGUMENT, "Picture " + path.string() + " " + what + ".");
}

/// The next number of the header, behind blanks and comments; -1 if there is none.
int read_number(std::istream& file) {
  while (file && (std::isspace(file.peek()) != 0 || file.peek() == '#')) {
    if (file.peek() == '#') {
      std::string comment;
      std::getline(file, comment);
    } else {
      file.get();
    }
  }
  int number = -1;
  return file && std::isdigit(file.peek()) != 0 && file >> number ? number : -1;
}

}  // namespace

RgbImage read_ppm(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw EngineError(DSOCR_NOT_FOUND, "Picture " + path.string() + " does not exist or cannot be read.");
  char magic[2] = {};
  if (!file.read(magic, 2) || magic[0] != 'P' || magic[1] != '6') {
    fail(path, "is not a binary PPM: convert it to P6 with 8 bits a channel");
  }
  const int width = read_number(file), height = read_number(file), largest = read_number(file);
  if (width < 1 || height < 1 || width > kLargestSide || height > kLargestSide ||
      int64_t{width} * height > kLargestArea) {
    fail(path, "has no usable size in its header: 1 to 32768 pixels a side, at most 2^28 in all");
  }
  if (largest != 255) fail(path, "does not have 8 bits a channel: its largest value is not 255");
  if (std::isspace(file.get()) == 0) fail(path, "has no blank behind its header");

  const int64_t needed = int64_t{width} * height * 3;
  std::error_code error;
  const auto size = static_cast<int64_t>(std::filesystem::file_size(path, error));
  const int64_t present = error ? 0 : size - static_cast<int64_t>(file.tellg());
  if (present != needed) {
    fail(path, "holds " + std::to_string(present) + " bytes of pixels, not the " + std::to_string(needed) + " of " +
                   std::to_string(width) + "x" + std::to_string(height));
  }
  RgbImage image(width, height);
  if (!file.read(reinterpret_cast<char*>(image.data.data()), static_cast<std::streamsize>(needed))) {
    fail(path, "cannot be read to its end");
  }
  return image;
}

}  // namespace deepseekocr::trace
