// SPDX-License-Identifier: MIT
#include "checkpoint/safetensors.h"

#include <gtest/gtest.h>

#include <array>
#include <cctype>
#include <cstring>
#include <ostream>
#include <utility>

#include "checkpoint/safetensors_writer.h"
#include "expect_error.h"
#include "temporary_folder.h"

namespace deepseekocr {
namespace {

using test::expect_error;
using test::read_file;
using test::TemporaryFolder;
using test::write_file;

std::string with_length(const std::string& header, uint64_t length) {
  std::string file;
  for (int shift = 0; shift < 64; shift += 8) file += static_cast<char>((length >> shift) & 0xff);
  return file + header;
}

/// A whole file from its header and the number of its data bytes.
std::string file_of(const std::string& header, size_t data_bytes) {
  return with_length(header, header.size()) + std::string(data_bytes, '\1');
}

TEST(Safetensors, ReadsWhatAnotherWriterWrote) {
  const TemporaryFolder folder;
  // Keys in another order, a scalar, an empty tensor, metadata, padding, a gap before "c".
  const std::string header =
      R"({"__metadata__":{"format":"pt"}, "a":{"shape":[2,3],"data_offsets":[0,12],"dtype":"F16"},)"
      R"("b":{"dtype":"I64","shape":[],"data_offsets":[12,20]},"c":{"dtype":"BOOL","shape":[4],"data_offsets":[24,28]},)"
      R"("none":{"dtype":"F32","shape":[0,7],"data_offsets":[20,20]}}   )";
  std::string bytes = file_of(header, 28);
  for (size_t i = 0; i < 28; ++i) bytes[8 + header.size() + i] = static_cast<char>(i);
  write_file(folder / "x.safetensors", bytes);

  const SafetensorsFile file = SafetensorsFile::open(folder / "x.safetensors");
  EXPECT_EQ(file.names(), (std::vector<std::string>{"a", "b", "c", "none"}));
  EXPECT_EQ(file.info("a").type, StorageType::f16);
  EXPECT_EQ(file.info("a").shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(file.info("b").shape, std::vector<int64_t>{});
  EXPECT_EQ(file.info("c").offset, 8 + header.size() + 24);
  EXPECT_EQ(file.read("c"), (std::vector<std::byte>{std::byte{24}, std::byte{25}, std::byte{26}, std::byte{27}}));
  EXPECT_TRUE(file.read("none").empty());
  EXPECT_EQ(file.find("d"), nullptr);
  expect_error(DSOCR_INVALID_CHECKPOINT, {"x.safetensors", "no tensor \"d\""}, [&] { file.info("d"); });
  std::array<std::byte, 2> part;
  file.read(file.info("a"), 10, part.data(), 2);
  EXPECT_EQ(part[1], std::byte{11});
  expect_error(DSOCR_INVALID_ARGUMENT, {"\"a\"", "12 bytes"}, [&] { file.read(file.info("a"), 11, part.data(), 2); });
}

struct BadFile {
  const char* name;
  std::string bytes;
  const char* part;    ///< what the sentence must name
  const char* reason;  ///< and say
};

void PrintTo(const BadFile& bad, std::ostream* stream) {
  *stream << bad.name;
}

class BadFiles : public testing::TestWithParam<BadFile> {};

TEST_P(BadFiles, AreRefusedByFileAndTensor) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "bad.safetensors";
  write_file(path, GetParam().bytes);
  expect_error(DSOCR_INVALID_CHECKPOINT, {path.string(), GetParam().part, GetParam().reason},
               [&] { SafetensorsFile::open(path); });
}

/// A file of one tensor "w" with these fields.
std::string one(const std::string& fields, size_t data_bytes) {
  return file_of("{\"w\":{" + fields + "}}", data_bytes);
}

#define GOOD R"("dtype":"F32","shape":[1],"data_offsets":[0,4])"

INSTANTIATE_TEST_SUITE_P(
    Files, BadFiles,
    testing::Values(
        BadFile{"empty", "", "0 bytes", "too few"}, BadFile{"seven bytes", "1234567", "7 bytes", "too few"},
        BadFile{"oversized header", with_length("{}", 1ull << 60), "header of 1152921504606846976", "more than the"},
        BadFile{"header beyond the end", with_length("{}", 1000), "1000 bytes", "cut off"},
        BadFile{"largest length", with_length("{}", ~0ull), "18446744073709551615", "more than the"},
        BadFile{"empty header", file_of("", 0), "header", "line 1, column 1"},
        BadFile{"no JSON", file_of("not json", 0), "header", "not valid JSON"},
        BadFile{"cut JSON", file_of("{\"w\":{" GOOD, 4), "header", "not valid JSON"},
        BadFile{"text after it", file_of("{} {}", 0), "header", "not valid JSON"},
        BadFile{"bad UTF-8", file_of("{\"\xff\":{" GOOD "}}", 4), "header", "not valid JSON"},
        BadFile{"a list", file_of("[]", 0), "header", "not a JSON object"},
        BadFile{"a number", file_of("7", 0), "header", "not a JSON object"},
        BadFile{"deep nesting", file_of(std::string(1000000, '['), 0), "header", "not a JSON object"},
        BadFile{"nested shape", one(R"("dtype":"F32","shape":[[1]],"data_offsets":[0,4])", 4), "\"w\"", "a list"},
        BadFile{"tensor is a number", file_of(R"({"w":1})", 0), "\"w\"", "the number 1"},
        BadFile{"tensor is null", file_of(R"({"w":null})", 0), "\"w\"", "null"},
        BadFile{"metadata is nested", file_of(R"({"__metadata__":{"a":{}}})", 0), "__metadata__", "an object"},
        BadFile{"twice", file_of("{\"w\":{" GOOD "},\"w\":{" GOOD "}}", 4), "\"w\"", "twice"},
        BadFile{"field twice", one(R"("dtype":"F32",)" GOOD, 4), "\"dtype\"", "twice"},
        BadFile{"unknown field", one(R"("x":1,)" GOOD, 4), "\"x\"", "unknown field"},
        BadFile{"no dtype", one(R"("shape":[1],"data_offsets":[0,4])", 4), "\"w\"", "no field \"dtype\""},
        BadFile{"no shape", one(R"("dtype":"F32","data_offsets":[0,4])", 4), "\"w\"", "no field \"shape\""},
        BadFile{"no offsets", one(R"("dtype":"F32","shape":[1])", 4), "\"w\"", "no field \"data_offsets\""},
        BadFile{"unknown dtype", one(R"("dtype":"F31","shape":[1],"data_offsets":[0,4])", 4), "\"w\"", "\"F31\""},
        BadFile{"dtype is a number", one(R"("dtype":32,"shape":[1],"data_offsets":[0,4])", 4), "\"w\"", "number 32"},
        BadFile{"negative extent", one(R"("dtype":"F32","shape":[-1],"data_offsets":[0,4])", 4), "\"w\"", "-1"},
        BadFile{"broken extent", one(R"("dtype":"F32","shape":[1.0],"data_offsets":[0,4])", 4), "\"w\"", "1.0"},
        BadFile{"too large a number", one(R"("dtype":"F32","shape":[1e999],"data_offsets":[0,4])", 4), "\"w\"",
                "too large"},
        BadFile{"shape overflows to 0", one(R"("dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0])", 0),
                "\"w\"", "64 bits"},
        BadFile{"extent over 63 bits", one(R"("dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,4])", 4),
                "\"w\"", "9223372036854775808"},
        BadFile{"one offset", one(R"("dtype":"F32","shape":[1],"data_offsets":[4])", 4), "\"w\"", "not two numbers"},
        BadFile{"three offsets", one(R"("dtype":"F32","shape":[1],"data_offsets":[0,4,4])", 4), "\"w\"", "number 4"},
        BadFile{"offsets turned", one(R"("dtype":"F32","shape":[1],"data_offsets":[8,4])", 8), "\"w\"",
                "before its start 8"},
        BadFile{"bytes and shape", one(R"("dtype":"F32","shape":[2],"data_offsets":[0,4])", 4), "\"w\"",
                "has 4 bytes, but its shape and dtype need 8"},
        BadFile{"cut off", one(GOOD, 3), "\"w\"", "cut off"},
        BadFile{"offset beyond the file",
                one(R"("dtype":"U8","shape":[2],"data_offsets":[18446744073709551613,18446744073709551615])", 4),
                "\"w\"", "cut off"},
        BadFile{"overlap", file_of("{\"w\":{" GOOD R"(},"v":{"dtype":"U8","shape":[2],"data_offsets":[3,5]}})", 5),
                "\"w\" and \"v\"", "overlap"}),
    [](const testing::TestParamInfo<BadFile>& info) {
      std::string name = info.param.name;
      for (char& letter : name)
        if (!std::isalnum(static_cast<unsigned char>(letter))) letter = '_';
      return name;
    });

TEST(Safetensors, NamesAMissingFile) {
  expect_error(DSOCR_NOT_FOUND, {"/no/such/file.safetensors"},
               [] { SafetensorsFile::open("/no/such/file.safetensors"); });
}

TEST(Safetensors, NoticesAFileThatBecameShorter) {
  const TemporaryFolder folder;
  write_file(folder / "x.safetensors", one(GOOD, 4));
  const SafetensorsFile file = SafetensorsFile::open(folder / "x.safetensors");
  std::filesystem::resize_file(folder / "x.safetensors", 20);
  expect_error(DSOCR_INVALID_CHECKPOINT, {"x.safetensors", "become shorter"}, [&] { file.read("w"); });
}

template <typename Element>
std::vector<Element> read_as(const SafetensorsFile& file, const std::string& name) {
  const std::vector<std::byte> bytes = file.read(name);
  std::vector<Element> elements(bytes.size() / sizeof(Element));
  std::memcpy(elements.data(), bytes.data(), bytes.size());
  return elements;
}

TEST(SafetensorsWriter, WritesWhatTheReaderReads) {
  const TemporaryFolder folder;
  const std::vector<int32_t> numbers = {1, -2, 3};
  const std::vector<float> values = {0.5f, 1.5f};
  const std::vector<int64_t> wide = {1ll << 40};
  SafetensorsWriter writer;
  writer.add("numbers", StorageType::i32, {3, 1}, numbers.data(), 12);
  writer.add("values", StorageType::f32, {2}, values.data(), 8);
  writer.add("wide", StorageType::i64, {}, wide.data(), 8);
  writer.add("none", StorageType::f32, {0, 5}, nullptr, 0);
  writer.write(folder / "x.safetensors");

  const SafetensorsFile file = SafetensorsFile::open(folder / "x.safetensors");
  EXPECT_EQ(file.names(), (std::vector<std::string>{"wide", "numbers", "values", "none"}));
  EXPECT_EQ(file.info("wide").offset % 8, 0u);
  EXPECT_EQ(file.info("numbers").shape, (std::vector<int64_t>{3, 1}));
  EXPECT_EQ(read_as<int32_t>(file, "numbers"), numbers);
  EXPECT_EQ(read_as<float>(file, "values"), values);
  EXPECT_EQ(read_as<int64_t>(file, "wide"), wide);
  EXPECT_EQ(file.info("none").shape, (std::vector<int64_t>{0, 5}));
}

TEST(SafetensorsWriter, RefusesWhatDoesNotFit) {
  const float value = 0;
  SafetensorsWriter writer;
  writer.add("a", StorageType::f32, {1}, &value, 4);
  expect_error(DSOCR_INVALID_ARGUMENT, {"\"a\"", "twice"}, [&] { writer.add("a", StorageType::f32, {}, &value, 4); });
  expect_error(DSOCR_INVALID_ARGUMENT, {"\"b\"", "needs 8 bytes"},
               [&] { writer.add("b", StorageType::f32, {2}, &value, 4); });
  expect_error(DSOCR_INVALID_ARGUMENT, {"\"b\"", "impossible shape"},
               [&] { writer.add("b", StorageType::f32, {-1}, &value, 4); });
  expect_error(DSOCR_INVALID_ARGUMENT, {"__metadata__"},
               [&] { writer.add("__metadata__", StorageType::f32, {1}, &value, 4); });
}

TEST(SafetensorsWriter, ReplacesAFileAsAWholeAndLeavesNothingBeside) {
  const TemporaryFolder folder;
  write_file(folder / "x.safetensors", "old");
  const float value = 2;
  SafetensorsWriter writer;
  writer.add("a", StorageType::f32, {1}, &value, 4);
  writer.write(folder / "x.safetensors");
  EXPECT_EQ(SafetensorsFile::open(folder / "x.safetensors").names().size(), 1u);

  std::filesystem::create_directory(folder / "taken");  // a rename onto a folder fails
  expect_error(DSOCR_INVALID_ARGUMENT, {(folder / "taken").string(), "cannot be written"},
               [&] { writer.write(folder / "taken"); });
  expect_error(DSOCR_INVALID_ARGUMENT, {"/no/such/folder/x", "cannot be written"},
               [&] { writer.write("/no/such/folder/x"); });
  size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path())) ++files;
  EXPECT_EQ(files, 2u);
}

}  // namespace
}  // namespace deepseekocr
