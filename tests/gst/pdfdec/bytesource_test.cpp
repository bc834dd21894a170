// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "pdfdec/byteinputstream.h"
#include "pdfdec/collectedbytes.h"

using pdfdec::CollectedBytes;

// 2.5 MiB in pieces that do not fit its blocks; byte i is i modulo 251.
static std::shared_ptr<CollectedBytes> make_bytes() {
  std::vector<uint8_t> all(5 << 19);
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<uint8_t>(i % 251);
  auto bytes = std::make_shared<CollectedBytes>();
  for (size_t done = 0; done < all.size();) {
    const size_t part = std::min<size_t>(300'007, all.size() - done);
    bytes->append(all.data() + done, part);
    done += part;
  }
  return bytes;
}

TEST(CollectedBytes, ReadsAcrossBlocks) {
  const auto bytes = make_bytes();
  ASSERT_EQ(bytes->size(), uint64_t{5} << 19);
  std::vector<uint8_t> out(1'500'000);
  ASSERT_EQ(bytes->read(900'000, out.data(), out.size()), 1'500'000);
  for (size_t i = 0; i < out.size(); ++i) ASSERT_EQ(out[i], (900'000 + i) % 251) << i;
}

TEST(CollectedBytes, EndsWhereItEnds) {
  const auto bytes = make_bytes();
  uint8_t out[8];
  EXPECT_EQ(bytes->read(bytes->size() - 3, out, 8), 3);
  EXPECT_EQ(bytes->read(bytes->size(), out, 8), 0);
  EXPECT_EQ(bytes->read(UINT64_MAX, out, 8), 0);
  EXPECT_EQ(CollectedBytes().read(0, out, 8), 0);
}

TEST(ByteInputStream, ReadsAndSeeks) {
  g_autoptr(GInputStream) stream = pdfdec::byte_input_stream_new(make_bytes());
  GSeekable* seekable = G_SEEKABLE(stream);
  uint8_t out[4];
  ASSERT_TRUE(g_seekable_seek(seekable, 2'000'000, G_SEEK_SET, nullptr, nullptr));
  ASSERT_EQ(g_input_stream_read(stream, out, 4, nullptr, nullptr), 4);
  EXPECT_EQ(out[0], 2'000'000 % 251);
  EXPECT_EQ(g_seekable_tell(seekable), 2'000'004);
  ASSERT_TRUE(g_seekable_seek(seekable, -4, G_SEEK_CUR, nullptr, nullptr));
  EXPECT_EQ(g_seekable_tell(seekable), 2'000'000);
  ASSERT_TRUE(g_seekable_seek(seekable, -1, G_SEEK_END, nullptr, nullptr));
  EXPECT_EQ(g_input_stream_read(stream, out, 4, nullptr, nullptr), 1);
  EXPECT_EQ(g_input_stream_read(stream, out, 4, nullptr, nullptr), 0);
}

TEST(ByteInputStream, RefusesSeeksBeforeTheStart) {
  g_autoptr(GInputStream) stream = pdfdec::byte_input_stream_new(make_bytes());
  g_autoptr(GError) error = nullptr;
  EXPECT_FALSE(g_seekable_seek(G_SEEKABLE(stream), -1, G_SEEK_SET, nullptr, &error));
  ASSERT_NE(error, nullptr);
  EXPECT_EQ(g_seekable_tell(G_SEEKABLE(stream)), 0);
  EXPECT_FALSE(g_seekable_can_truncate(G_SEEKABLE(stream)));
}

// A source whose bytes cannot be had.
class FailingSource final : public pdfdec::ByteSource {
 public:
  uint64_t size() const override { return 100; }
  int64_t read(uint64_t /*offset*/, void* /*destination*/, size_t /*count*/) override { return -1; }
};

TEST(ByteInputStream, PassesFailuresOn) {
  g_autoptr(GInputStream) stream = pdfdec::byte_input_stream_new(std::make_shared<FailingSource>());
  uint8_t out[4];
  g_autoptr(GError) error = nullptr;
  EXPECT_EQ(g_input_stream_read(stream, out, 4, nullptr, &error), -1);
  ASSERT_NE(error, nullptr);
}
