// SPDX-License-Identifier: MIT
#include "model/kv_cache.h"

#include "tools/expect_error.h"

namespace deepseekocr::test {
namespace {

DecoderConfig small_config() {
  DecoderConfig config;
  config.layers = 2;
  config.heads = 2;
  config.hidden_size = 6;
  config.max_positions = 1000;
  return config;
}

TEST(KvCache, KeepsItsContentsWhenItGrows) {
  KvCache cache(small_config(), at::TensorOptions().dtype(at::kFloat));
  int64_t position = 0;
  int64_t capacities = 0, capacity = 0;
  for (; position < 1000; ++position) {
    cache.reserve(1);
    capacities += cache.capacity() != capacity ? 1 : 0;
    capacity = cache.capacity();
    for (int layer = 0; layer < 2; ++layer) {
      const operations::CacheSlice slice = cache.slice(layer, 1);
      ASSERT_EQ(slice.length, position);
      slice.keys.select(1, position).fill_(static_cast<double>(position + layer));
      slice.values.select(1, position).fill_(static_cast<double>(-position - layer));
    }
    cache.advance(1);
  }
  EXPECT_LE(capacities, 5) << "it grew too often";
  EXPECT_LE(capacity, 1000);
  const operations::CacheSlice slice = cache.slice(1, 0);
  for (const int64_t checked : {0, 1, 255, 256, 700, 999}) {
    EXPECT_EQ(slice.keys[1][checked][2].item().toDouble(), static_cast<double>(checked + 1));
    EXPECT_EQ(slice.values[0][checked][0].item().toDouble(), static_cast<double>(-checked - 1));
  }
}

TEST(KvCache, InEightBitsKeepsItsScalesWhenItGrows) {
  KvCache cache(small_config(), at::TensorOptions().dtype(at::kBFloat16), CacheFormat::int8);
  for (int64_t position = 0; position < 700; ++position) {
    cache.reserve(1);
    for (int layer = 0; layer < 2; ++layer) {
      const operations::CacheSlice slice = cache.slice(layer, 1);
      ASSERT_TRUE(slice.is_rounded());
      slice.keys.select(1, position).fill_(position % 100 + layer);
      slice.values.select(1, position).fill_(-position % 100 - layer);
      slice.key_scales.select(1, position).fill_(static_cast<double>(position + layer));
      slice.value_scales.select(1, position).fill_(static_cast<double>(-position - layer));
    }
    cache.advance(1);
  }
  ASSERT_EQ(cache.addresses().size(), 2);
  ASSERT_EQ(cache.scale_addresses().size(), 2);
  for (const int64_t checked : {0, 1, 255, 256, 699}) {
    const int64_t place = cache.capacity() + checked;  // of the second head
    EXPECT_EQ(static_cast<int8_t*>(cache.addresses()[1].keys)[place * 3 + 2], checked % 100 + 1);
    EXPECT_EQ(static_cast<int8_t*>(cache.addresses()[1].values)[place * 3 + 2], -checked % 100 - 1);
    EXPECT_EQ(static_cast<float*>(cache.scale_addresses()[1].keys)[place], static_cast<float>(checked + 1));
    EXPECT_EQ(static_cast<float*>(cache.scale_addresses()[1].values)[place], static_cast<float>(-checked - 1));
  }
}

TEST(KvCache, PlainOnesHaveNoScales) {
  KvCache cache(small_config(), at::TensorOptions().dtype(at::kBFloat16));
  cache.reserve(1);
  EXPECT_FALSE(cache.slice(0, 1).is_rounded());
  EXPECT_TRUE(cache.scale_addresses().empty());
}

TEST(KvCache, BytesOfAPositionAreThoseOfItsNumbersAndScales) {
  const DecoderConfig config = small_config();  // two layers of two heads of three numbers
  EXPECT_EQ(cache_bytes(config, at::kFloat, CacheFormat::plain), 96);
  EXPECT_EQ(cache_bytes(config, at::kBFloat16, CacheFormat::plain), 48);
  EXPECT_EQ(cache_bytes(config, at::kBFloat16, CacheFormat::int8), 56);
}

TEST(KvCache, EndsAtTheModelsPositions) {
  KvCache cache(small_config(), at::TensorOptions().dtype(at::kFloat));
  cache.reserve(1000);
  cache.advance(1000);
  EXPECT_EQ(cache.capacity(), 1000);
  expect_error(DSOCR_INVALID_ARGUMENT, {"1001", "1000"}, [&] { cache.reserve(1); });
  EXPECT_EQ(cache.length(), 1000);
}

TEST(KvCache, WritesOverWhatWasGivenBack) {
  KvCache cache(small_config(), at::TensorOptions().dtype(at::kFloat));
  cache.reserve(20);
  cache.advance(20);
  cache.shorten(12);
  EXPECT_EQ(cache.length(), 12);
  EXPECT_EQ(cache.slice(0, 1).length, 12);
  EXPECT_GE(cache.capacity(), 20);
  EXPECT_ANY_THROW(cache.shorten(13));
}

}  // namespace
}  // namespace deepseekocr::test
