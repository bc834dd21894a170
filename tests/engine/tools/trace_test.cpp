// SPDX-License-Identifier: MIT
// deepseekocr-trace: its command line, its pictures, and one reading.
#include <gtest/gtest.h>

#include "checkpoint/safetensors.h"
#include "checkpoint_writer.h"
#include "tools/expect_error.h"
#include "tools/temporary_folder.h"
#include "tools/trace/options.h"
#include "tools/trace/ppm.h"
#include "tools/trace/reading.h"
#include "tools/trace/stage_dump.h"

namespace deepseekocr::test {
namespace {

using trace::Options;
using trace::parse_options;
using trace::UsageError;

std::vector<std::string> with(std::vector<std::string> more) {
  std::vector<std::string> all = {"--model", "folder", "--image", "a.ppm"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

TEST(TraceOptions, HaveDefaults) {
  const Options options = parse_options(with({}));
  EXPECT_EQ(options.model.model_path, "folder");
  EXPECT_EQ(options.image, "a.ppm");
  EXPECT_EQ(options.mode, DSOCR_MODE_AUTO);
  EXPECT_EQ(options.ngram.size, 0);
  EXPECT_FALSE(options.ids_before || options.prompt || options.ignore_eos);
}

TEST(TraceOptions, AreRead) {
  const Options options = parse_options(with({"--mode",
                                              "gundam",
                                              "--max-tiles",
                                              "6",
                                              "--ids-before-image",
                                              "0,7",
                                              "--ids-after-image",
                                              "201",
                                              "--max-new-tokens",
                                              "48",
                                              "--ignore-eos",
                                              "--no-repeat-ngram-size",
                                              "3",
                                              "--no-repeat-ngram-window",
                                              "30",
                                              "--ngram-whitelist",
                                              "5,6",
                                              "--precision",
                                              "bf16",
                                              "--kv-cache",
                                              "int8",
                                              "--device",
                                              "cpu",
                                              "--threads",
                                              "2",
                                              "--weight-cache",
                                              "cache",
                                              "--dump",
                                              "d.safetensors"}));
  EXPECT_EQ(options.mode, DSOCR_MODE_GUNDAM);
  EXPECT_EQ(options.max_tiles, 6);
  EXPECT_EQ(options.ids_before, (std::vector<int32_t>{0, 7}));
  EXPECT_EQ(options.ids_after, (std::vector<int32_t>{201}));
  EXPECT_EQ(options.max_new_tokens, 48);
  EXPECT_TRUE(options.ignore_eos);
  EXPECT_EQ(options.ngram.size, 3);
  EXPECT_EQ(options.ngram.window, 30);
  EXPECT_EQ(options.ngram.whitelist, (std::vector<int32_t>{5, 6}));
  EXPECT_EQ(options.model.precision, DSOCR_PRECISION_BF16);
  EXPECT_EQ(options.model.kv_cache, DSOCR_KV_CACHE_INT8);
  EXPECT_EQ(options.model.threads, 2);
  EXPECT_EQ(options.model.weight_cache, "cache");
  EXPECT_EQ(options.dump, "d.safetensors");
}

TEST(TraceOptions, AreRefusedWhereTheyMakeNoSense) {
  const std::vector<std::vector<std::string>> wrong = {
      {"--colour", "red"},
      {"--mode", "huge"},
      {"--kv-cache", "fp8"},
      {"--max-new-tokens", "0"},
      {"--max-new-tokens", "12x"},
      {"--max-new-tokens", "99999999999"},
      {"--max-new-tokens"},
      {"--no-repeat-ngram-size", "1"},
      {"--threads", "100000"},
      {"--no-repeat-ngram-window", "30"},
      {"--ids-before-image", "0"},
      {"--ids-before-image", "0,-1", "--ids-after-image", "1"},
      {"--prompt", "x", "--ids-before-image", "0", "--ids-after-image", "1"},
  };
  for (const auto& arguments : wrong) {
    EXPECT_THROW(parse_options(with(arguments)), UsageError) << arguments[0];
  }
  EXPECT_THROW(parse_options({"--model", "folder"}), UsageError);
  EXPECT_THROW(parse_options({"--image", "a.ppm"}), UsageError);
  EXPECT_TRUE(parse_options({"--help"}).help);
}

class TracePicture : public testing::Test {
 protected:
  RgbImage read(const std::string& bytes) const {
    write_file(folder_ / "a.ppm", bytes);
    return trace::read_ppm(folder_ / "a.ppm");
  }
  TemporaryFolder folder_;
};

TEST_F(TracePicture, IsRead) {
  const RgbImage image = read("P6 # a comment\n# another\n2 1\n255\nabcdef");
  EXPECT_EQ(image.width, 2);
  EXPECT_EQ(image.height, 1);
  EXPECT_EQ(std::string(image.data.begin(), image.data.end()), "abcdef");
}

TEST_F(TracePicture, IsRefusedWhereItIsDamaged) {
  expect_error(DSOCR_NOT_FOUND, {"nowhere.ppm"}, [&] { trace::read_ppm(folder_ / "nowhere.ppm"); });
  for (const char* wrong : {"", "P5 2 1 255\nab", "P3 2 1 255\n1 2 3 4 5 6"}) {
    expect_error(DSOCR_INVALID_ARGUMENT, {"a.ppm", "binary PPM"}, [&] { read(wrong); });
  }
  for (const char* wrong : {"P6", "P6 2", "P6 0 1 255\n", "P6 -2 1 255\n", "P6 40000 1 255\n", "P6 30000 30000 255\n",
                            "P6 99999999999 1 255\n"}) {
    expect_error(DSOCR_INVALID_ARGUMENT, {"a.ppm", "size"}, [&] { read(wrong); });
  }
  expect_error(DSOCR_INVALID_ARGUMENT, {"8 bits"}, [&] { read("P6 2 1 65535\nabcdefabcdef"); });
  expect_error(DSOCR_INVALID_ARGUMENT, {"5 bytes", "6"}, [&] { read("P6 2 1 255\nabcde"); });
  expect_error(DSOCR_INVALID_ARGUMENT, {"7 bytes", "6"}, [&] { read("P6 2 1 255\nabcdefg"); });
}

class TraceReading : public testing::Test {
 protected:
  TraceReading() {
    write_checkpoint("mini-a", folder_.path());
    write_file(folder_ / "a.ppm", "P6 3 2 255\n" + std::string("abcdefghijklmnopqr"));
    options_ = parse_options({"--model", folder_.path().string(), "--image", (folder_ / "a.ppm").string(), "--mode",
                              "tiny", "--max-new-tokens", "4", "--ignore-eos"});
  }
  TemporaryFolder folder_;
  Options options_;
};

TEST_F(TraceReading, DumpsEveryStage) {
  options_.ids_before = {0};
  options_.ids_after = {201};
  trace::StageDump dump;
  const trace::Reading reading = trace::read_picture(options_, &dump);
  EXPECT_EQ(reading.ids.size(), 4U);
  EXPECT_EQ(reading.margins.size(), 4U);
  EXPECT_EQ(reading.log_probabilities.size(), 4U);
  EXPECT_EQ(reading.image_tokens, 73);
  EXPECT_EQ(reading.prompt_tokens, 75);
  EXPECT_FALSE(reading.stopped);
  EXPECT_FALSE(reading.text);
  dump.write(folder_ / "dump.safetensors");
  const SafetensorsFile file = SafetensorsFile::open(folder_ / "dump.safetensors");
  EXPECT_EQ(file.info("sam.embed.global").shape, (std::vector<int64_t>{1, 1024, 96}));
  EXPECT_EQ(file.info("image_tokens").shape, (std::vector<int64_t>{73, 128}));
  EXPECT_EQ(file.info("decoder.layer1.experts").type, StorageType::i32);
  EXPECT_EQ(file.info("logits.step3").shape, (std::vector<int64_t>{2048}));
  EXPECT_EQ(file.find("logits.step4"), nullptr);
}

TEST_F(TraceReading, WantsIdsWhereThereIsNoTokenizer) {
  expect_error(DSOCR_NOT_FOUND, {"tokenizer.json", "--ids-before-image"},
               [&] { trace::read_picture(options_, nullptr); });
}

TEST_F(TraceReading, StopsAtTheModelsPositions) {
  options_.ids_before = {0};
  options_.ids_after = std::vector<int32_t>(8192 - 74 - 2, 5);
  options_.max_new_tokens = 100;
  EXPECT_EQ(trace::read_picture(options_, nullptr).ids.size(), 2U);
}

}  // namespace
}  // namespace deepseekocr::test
