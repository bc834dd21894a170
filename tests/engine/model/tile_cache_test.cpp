// SPDX-License-Identifier: MIT
#include "model/tile_cache.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

#include "checkpoint_writer.h"
#include "model/vision_encoder.h"
#include "tools/patterns.h"
#include "tools/temporary_folder.h"

namespace deepseekocr::test {
namespace {

RgbImage tile(uint8_t grey) {
  RgbImage image(4, 4);
  image.data.assign(image.data.size(), grey);
  return image;
}

at::Tensor tokens(double value) {
  return at::ones({2, 3}) * value;
}

TEST(TileCache, GivesTheTokensOfTheVerySamePixels) {
  TileCache cache(3);
  cache.keep(tile(1), tokens(1));
  EXPECT_TRUE(at::equal(cache.find(tile(1)), tokens(1)));
  EXPECT_FALSE(cache.find(tile(2)).defined());
  RgbImage almost = tile(1);
  almost.data.back() = 0;
  EXPECT_FALSE(cache.find(almost).defined());
  RgbImage longer(8, 2);
  longer.data = tile(1).data;
  EXPECT_FALSE(cache.find(longer).defined()) << "the same bytes in another shape";
}

TEST(TileCache, DropsTheTileThatWasUsedLongestAgo) {
  TileCache cache(2);
  cache.keep(tile(1), tokens(1));
  cache.keep(tile(2), tokens(2));
  EXPECT_TRUE(cache.find(tile(1)).defined());
  cache.keep(tile(3), tokens(3));
  EXPECT_EQ(cache.size(), 2U);
  EXPECT_TRUE(cache.find(tile(1)).defined());
  EXPECT_FALSE(cache.find(tile(2)).defined());
}

TEST(TileCache, KeepsNoMoreThanTheTokens) {
  TileCache cache(1);
  const at::Tensor batch = at::ones({10, 2, 3});
  cache.keep(tile(1), batch[4]);
  EXPECT_EQ(cache.find(tile(1)).storage().nbytes(), 2U * 3 * 4);
}

TEST(TileCache, OfNoCapacityKeepsNothing) {
  TileCache cache(0);
  cache.keep(tile(1), tokens(1));
  EXPECT_EQ(cache.size(), 0U);
}

class TilesOfPages : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryFolder;
    write_checkpoint("mini-a", folder_->path());
  }
  static void TearDownTestSuite() { delete folder_; }

  /// A page in 2 × 1 tiles.
  PageViews page(const std::string& pattern) const {
    return make_views(draw_pattern(pattern, 900, 500),
                      plan_views(900, 500, DSOCR_MODE_GUNDAM, 2, checkpoint_.config()));
  }
  at::Tensor encode(const PageViews& views) {
    const PageViews* page = &views;
    const CancelFlag never{false};
    const CancelFlag* flag = &never;
    return encoder_.encode({&page, 1}, {&flag, 1}, nullptr).at(0);
  }

  static TemporaryFolder* folder_;
  const Checkpoint checkpoint_ = Checkpoint::open(folder_->path());
  const LoadProgress progress_;
  const CancelFlag never_{false};
  WeightLoader loader_{checkpoint_, at::TensorOptions().dtype(at::kFloat), {}, progress_, never_};
  VisionEncoder encoder_{checkpoint_.config(), loader_};
};

TemporaryFolder* TilesOfPages::folder_ = nullptr;

TEST_F(TilesOfPages, AreNotEncodedAgainOnThePageThatComesNext) {
  const PageViews first = page("page");
  PageViews next = page("smooth");
  next.tiles[1] = first.tiles[0];
  encode(first);
  EXPECT_EQ(encoder_.views_encoded(), 3U);
  const at::Tensor reused = encode(next);
  EXPECT_EQ(encoder_.views_encoded(), 3U + 2);

  VisionEncoder fresh(checkpoint_.config(), loader_);
  const PageViews* pointer = &next;
  const CancelFlag* flag = &never_;
  const at::Tensor expected = fresh.encode({&pointer, 1}, {&flag, 1}, nullptr).at(0);
  EXPECT_EQ(fresh.views_encoded(), 3U);
  EXPECT_LE((reused - expected).abs().max().item<double>(), 1e-4);
}

TEST_F(TilesOfPages, AreEncodedOnceIfThePageRepeatsThem) {
  PageViews views = page("page");
  views.tiles[1] = views.tiles[0];
  const at::Tensor tokens = encode(views);
  EXPECT_EQ(encoder_.views_encoded(), 2U);
  EXPECT_EQ(tokens.size(0), 273 + 10 * (2 * 10 + 1));
  EXPECT_TRUE(at::equal(encode(views), tokens)) << "the second time both tiles are known";
}

/// Views that are said to lie on the model's device, which is a processor here: on the host.
class LentViews : public DeviceViews {
 public:
  explicit LentViews(const PageViews& page) {
    for (size_t i = 0; i < page.count(); ++i) {
      views_.push_back(page.view(i));
      views_.back().on_device = true;
    }
  }
  const std::vector<ViewPixels>& views() const override { return views_; }

 private:
  std::vector<ViewPixels> views_;
};

PageViews on_device(const PageViews& page) {
  PageViews there;
  there.grid = page.grid;
  there.device = std::make_shared<LentViews>(page);
  return there;
}

TEST_F(TilesOfPages, OnADeviceAreEncodedAlikeAndNeverLookedAt) {
  PageViews views = page("page");
  views.tiles[1] = views.tiles[0];
  const PageViews there = on_device(views);
  VisionEncoder fresh(checkpoint_.config(), loader_);
  const PageViews* pointer = &there;
  const CancelFlag* flag = &never_;
  const at::Tensor tokens = fresh.encode({&pointer, 1}, {&flag, 1}, nullptr).at(0);
  EXPECT_EQ(fresh.views_encoded(), 3U) << "tiles on a device are not compared";
  fresh.encode({&pointer, 1}, {&flag, 1}, nullptr);
  EXPECT_EQ(fresh.views_encoded(), 6U) << "nor kept";
  EXPECT_LE((tokens - encode(views)).abs().max().item<double>(), 1e-4);
}

TEST_F(TilesOfPages, OfTheHostAndOfADeviceAreEncodedTogether) {
  const PageViews first = page("page"), second = page("smooth"), there = on_device(second);
  const PageViews* mixed[] = {&first, &there};
  const PageViews* plain[] = {&first, &second};
  const CancelFlag* flags[] = {&never_, &never_};
  VisionEncoder one(checkpoint_.config(), loader_), other(checkpoint_.config(), loader_);
  const std::vector<at::Tensor> got = one.encode(mixed, flags, nullptr), expected = other.encode(plain, flags, nullptr);
  for (size_t i = 0; i < 2; ++i) EXPECT_TRUE(at::equal(got.at(i), expected.at(i))) << "page " << i;
}

}  // namespace
}  // namespace deepseekocr::test
