// SPDX-License-Identifier: MIT
// The tools that other tests rest on.
#include <gtest/gtest.h>

#include <algorithm>

#include "checkpoint_writer.h"
#include "philox.h"
#include "sha256.h"
#include "temporary_folder.h"

namespace deepseekocr::test {
namespace {

TEST(Sha256, EqualsThePublishedExamples) {
  // FIPS 180-4 examples: one block, two blocks, a million letters.
  EXPECT_EQ(sha256_hex("", 0), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc", 3), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const std::string two_blocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
  EXPECT_EQ(sha256_hex(two_blocks.data(), two_blocks.size()),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  const std::string million(1000000, 'a');
  EXPECT_EQ(sha256_hex(million.data(), million.size()),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, TakesAMessageInPieces) {
  const std::string message(1000, 'x');
  Sha256 hash;
  for (size_t done = 0, part = 1; done < message.size(); done += part, part = part % 130 + 7) {
    part = std::min(part, message.size() - done);
    hash.update(message.data() + done, part);
  }
  EXPECT_EQ(hash.finish(), sha256(message));
}

TEST(Philox, EqualsNumpy) {
  // numpy.random.Philox(key=[1, 2]).random_raw(9)
  const std::array<uint64_t, 9> expected = {0x4f2f4313b5536b09, 0x5b617be3219ff32a, 0x097293476f9275cb,
                                            0xf63f3bf4962c3942, 0x04dcc60473aa0f43, 0x6d905c9b986b0028,
                                            0x559a6c953d16fe9d, 0xbd24fd1da9945eea, 0xa3484ceef3376fef};
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(philox_block({1, 2}, i / 4)[i % 4], expected[i]) << i;
}

struct KnownFile {
  const char* preset;
  CheckpointOptions options;
  std::vector<const char*> hashes;  // of the weight files
};

class KnownCheckpoint : public testing::TestWithParam<KnownFile> {};

TEST_P(KnownCheckpoint, IsByteForByteThatOfTheReferenceTool) {
  const TemporaryFolder folder;
  const auto names = write_checkpoint(GetParam().preset, folder.path(), GetParam().options);
  ASSERT_EQ(names.size(), GetParam().hashes.size());
  for (size_t i = 0; i < names.size(); ++i)
    EXPECT_EQ(sha256_hex_of_file(folder / names[i]), GetParam().hashes[i]) << names[i];
}

CheckpointOptions options(int64_t seed, ElementType type, int shards = 1, bool official_layout = false) {
  CheckpointOptions options;
  options.seed = seed;
  options.type = type;
  options.shards = shards;
  options.official_layout = official_layout;
  return options;
}

// The first two are the checkpoints of the golden data; their manifests state the same hashes.
INSTANTIATE_TEST_SUITE_P(
    Files, KnownCheckpoint,
    testing::Values(KnownFile{"mini-a",
                              options(1, ElementType::bf16),
                              {"ba574e39ac5cea7d377c99210abe9a0771a0d72771becc21e4e8f925c4959e4d"}},
                    KnownFile{"mini-b",
                              options(1, ElementType::bf16),
                              {"0b9b9b37f5125aeb433f77e52086bd4547a66db08ed2208e43c85734387455b6"}},
                    KnownFile{"mini-b",
                              options(-3, ElementType::f32, 1, true),
                              {"5420b921e22e65e6c982fd66330b5a325a05126d6d3e3afe3be58a2df03e6b6e"}},
                    KnownFile{"mini-a",
                              options(7, ElementType::f16, 3),
                              {"27d75b1099d7c4650fcc3da1c84d0c1b780b10f0b133be5c7d1af99dd5fbcfc2",
                               "6fd9cd920eeec62a6678cbde20ff7c0496f3ffc6b861fd9c0f7f7ec4f51f4353",
                               "a4190410b9db8c87f1a4ae7c6b028b67e08d597453404095f5eee1c1230d4d84"}}));

TEST(CheckpointWriter, WritesTheSameBytesWithAnyNumberOfThreads) {
  const TemporaryFolder folder;
  CheckpointOptions many;
  many.threads = 5;
  write_checkpoint("mini-a", folder / "many", many);
  CheckpointOptions one;
  one.threads = 1;
  write_checkpoint("mini-a", folder / "one", one);
  EXPECT_EQ(read_file(folder / "many/model.safetensors"), read_file(folder / "one/model.safetensors"));
}

TEST(CheckpointWriter, RefusesAnUnknownPreset) {
  EXPECT_THROW(preset("mini-c"), std::invalid_argument);
}

}  // namespace
}  // namespace deepseekocr::test
