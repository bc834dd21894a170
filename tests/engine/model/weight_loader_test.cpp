// SPDX-License-Identifier: MIT
// Weights that the whole team reads, packs and keeps in a file are those of one thread.
#include "model/weight_loader.h"

#include <ATen/ops/empty_like.h>
#include <ATen/ops/equal.h>

#include "checkpoint_writer.h"
#include "engine/operations/with_team.h"
#include "tools/temporary_folder.h"

namespace deepseekocr::test {
namespace {

namespace fs = std::filesystem;
using operations::PackedFormat;
using operations::PackedMatrices;

const CancelFlag never{false};
const LoadProgress silent;
const std::string kTable = "model.embed_tokens.weight", kHead = "lm_head.weight";

/// Of one layer, in the order of a checkpoint.
std::vector<std::string> queries_keys_values() {
  std::vector<std::string> names;
  for (const char* part : {"q", "k", "v"})
    names.push_back(std::string("model.layers.1.self_attn.") + part + "_proj.weight");
  return names;
}

/// Writes a checkpoint whose table and head are large enough to be shared, in either dtype.
class WeightLoaderTest : public WithTeam<> {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryFolder;
    ModelConfig config = preset("mini-a");
    config.decoder.vocab_size = 10000;
    write_checkpoint(config, folder_->path() / "model");
  }
  static void TearDownTestSuite() { delete folder_; }

  static Checkpoint checkpoint() {
    return Checkpoint::open(*folder_ / "model", TEST_DATA_DIR "/golden/adapter-mini-a/decoder");
  }
  static WeightLoader loader(const Checkpoint& checkpoint, at::ScalarType dtype, std::optional<PackedFormat> packing,
                             const std::optional<PackedCachePlace>& cache = std::nullopt) {
    return {checkpoint, at::TensorOptions().dtype(dtype), packing, silent, never, cache};
  }

  static TemporaryFolder* folder_;
};

TemporaryFolder* WeightLoaderTest::folder_ = nullptr;

TEST_F(WeightLoaderTest, ReadsALargeTensorInParts) {
  const Checkpoint from = checkpoint();
  for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
    const at::Tensor shared = loader(from, dtype, {}).load(kTable);
    at::Tensor whole = at::empty_like(shared);
    from.read(kTable, element_type_of(whole.options()), whole.mutable_data_ptr());
    EXPECT_TRUE(at::equal(shared, whole));
  }
}

/// What is packed of matrices that an adapter changes and of a head, and the head's losses.
struct PackedParts {
  explicit PackedParts(WeightLoader loader) {
    matrices = std::get<PackedMatrices>(loader.load_matrices(queries_keys_values())).panels;
    head = loader.load_int8(kHead, loss).panels;
    loader.finish();
  }
  at::Tensor matrices, head;
  operations::RowLoss loss;
};

void expect_equal(const PackedParts& one, const PackedParts& other) {
  EXPECT_TRUE(at::equal(one.matrices, other.matrices));
  EXPECT_TRUE(at::equal(one.head, other.head));
  EXPECT_EQ(one.loss.errors, other.loss.errors);
  EXPECT_EQ(one.loss.norms, other.loss.norms);
}

TEST_F(WeightLoaderTest, PacksAndKeepsWhatOneThreadDoes) {
  const Checkpoint from = checkpoint();
  for (const PackedFormat format : {PackedFormat::int8, PackedFormat::int4}) {
    operations::use_threads(1, true);
    const PackedParts expected(loader(from, at::kFloat, format));
    operations::use_threads(3, true);
    expect_equal(PackedParts(loader(from, at::kFloat, format)), expected);
    const PackedCachePlace place{*folder_ / "cache" / (format == PackedFormat::int8 ? "int8" : "int4"), "key", 1 << 20};
    expect_equal(PackedParts(loader(from, at::kFloat, format, place)), expected);  // writes the file
    ASSERT_TRUE(fs::exists(place.file));
    expect_equal(PackedParts(loader(from, at::kFloat, format, place)), expected);  // reads it
  }
}

}  // namespace
}  // namespace deepseekocr::test
