// SPDX-License-Identifier: MIT
// The stages of the frame gate, each on its own.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "deepseekocr/gate/auto_area.h"
#include "deepseekocr/gate/change.h"
#include "deepseekocr/gate/downscale.h"
#include "deepseekocr/gate/frame_gate.h"
#include "deepseekocr/gate/rate_limit.h"
#include "deepseekocr/gate/sharpest_window.h"
#include "deepseekocr/gate/text_detail.h"
#include "deepseekocr/gate/verdict.h"
#include "deepseekocr/reading.h"
#include "gate_picture.h"

namespace deepseekocr::test {
namespace {

using namespace plugin;  // NOLINT(google-build-using-namespace)

constexpr uint64_t kMillisecond = 1'000'000;

// ------------------------------------------------------------------------------------------------ rate

int due_frames(RateLimit& limit, double rate, const std::vector<uint64_t>& times) {
  int due = 0;
  for (const uint64_t time : times) due += limit.is_due(time, rate);
  return due;
}

std::vector<uint64_t> even_times(uint64_t from, uint64_t step, int count) {
  std::vector<uint64_t> times;
  for (int i = 0; i < count; ++i) times.push_back(from + i * step);
  return times;
}

TEST(RateLimit, LetsTheFirstFrameOfEachSlotThrough) {
  RateLimit limit;
  std::vector<bool> due;
  for (int i = 0; i < 6; ++i) due.push_back(limit.is_due(i * 250 * kMillisecond, 2));
  EXPECT_EQ(due, (std::vector<bool>{true, false, true, false, true, false}));
}

TEST(RateLimit, KeepsTheMeanWhereFramesFitTheRateBadly) {
  RateLimit limit;
  // 25 frames a second, 10 of them wanted: every second or third.
  EXPECT_EQ(due_frames(limit, 10, even_times(7 * kMillisecond, 40 * kMillisecond, 250)), 100);
}

TEST(RateLimit, KeepsTheMeanWhereFrameRatesVary) {
  RateLimit limit;
  std::vector<uint64_t> times;
  uint64_t time = 0;
  for (int i = 0; i < 4000; ++i) times.push_back(time += (i % 7 + 1) * 9 * kMillisecond);
  const double seconds = static_cast<double>(times.back() - times.front()) / 1e9;
  EXPECT_NEAR(due_frames(limit, 4, times), seconds * 4, 1);
}

TEST(RateLimit, ToleratesTimesRoundedToMilliseconds) {
  RateLimit limit;
  // Thirty frames a second as Matroska tells them.
  std::vector<uint64_t> times;
  for (int i = 0; i < 300; ++i) times.push_back((i * 1000 / 30) * kMillisecond);
  EXPECT_EQ(due_frames(limit, 30, times), 300);
}

TEST(RateLimit, ReadsFractionsOfAFrameASecond) {
  RateLimit limit;
  EXPECT_EQ(due_frames(limit, 0.2, even_times(0, 1000 * kMillisecond, 20)), 4);
}

TEST(RateLimit, StartsAnewWhereTimeGoesBackOrTheRateChanges) {
  RateLimit limit;
  EXPECT_TRUE(limit.is_due(5000 * kMillisecond, 1));
  EXPECT_FALSE(limit.is_due(5100 * kMillisecond, 1));
  EXPECT_TRUE(limit.is_due(100 * kMillisecond, 1));
  EXPECT_FALSE(limit.is_due(200 * kMillisecond, 1));
  EXPECT_TRUE(limit.is_due(300 * kMillisecond, 10));
  limit.reset();
  EXPECT_TRUE(limit.is_due(301 * kMillisecond, 10));
}

TEST(RateLimit, HoldsNothingBackWithoutRateOrTimes) {
  RateLimit limit;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limit.is_due(i, 0));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limit.is_due(kNoTime, 1));
}

// ------------------------------------------------------------------------------------------------ downscale

TEST(Halve, TakesMeansAndRepeatsTheEdges) {
  Picture picture(22, 5, 0);
  picture.paint([](int x, int y) { return 10 * x + y; });
  Plane half;
  halve(picture.view(), &half);
  EXPECT_EQ(half.width(), 16);  // whole cells
  EXPECT_EQ(half.height(), 2);
  EXPECT_EQ(half.row(0)[0], 6);  // of 0, 10, 1, 11: 5.5
  EXPECT_EQ(half.row(1)[3], 68);
  EXPECT_EQ(half.row(1)[10], half.row(1)[15]);
  EXPECT_EQ(half.row(1)[-1], half.row(1)[0]);
}

TEST(Halve, SeesTheSameInEveryLayout) {
  const Picture picture = label();
  Plane expected;
  halve(picture.view(), &expected);
  const std::pair<LumaLayout, int> layouts[] = {
      {LumaLayout::kPacked2, 2}, {LumaLayout::kRgb3, 3}, {LumaLayout::kRgb4, 4}};
  for (const auto& [layout, step] : layouts) {
    std::vector<uint8_t> bytes(static_cast<size_t>(picture.width()) * picture.height() * step, 99);
    for (int y = 0; y < picture.height(); ++y) {
      for (int x = 0; x < picture.width(); ++x) {
        uint8_t* pixel = &bytes[(static_cast<size_t>(y) * picture.width() + x) * step];
        for (int i = 0; i < (step == 2 ? 1 : 3); ++i) pixel[i] = picture.at(x, y);
      }
    }
    LumaView view = picture.view();
    view.data = bytes.data();
    view.stride = ptrdiff_t{picture.width()} * step;
    view.layout = layout;
    Plane half;
    halve(view, &half);
    for (int y = 0; y < half.height(); ++y)
      ASSERT_TRUE(std::equal(half.row(y), half.row(y) + half.width(), expected.row(y))) << step << " row " << y;
  }
}

/// `picture` as an engine halves it where it lies: `bytes` has room for a quarter of its pixels.
LumaView halved_elsewhere(const Picture& picture, std::vector<uint8_t>* bytes) {
  Plane half;
  halve(picture.view(), &half);
  LumaView view = picture.view();
  view.stride = picture.width() / 2;
  for (int y = 0; y < half.height(); ++y) bytes->insert(bytes->end(), half.row(y), half.row(y) + view.stride);
  view.data = bytes->data();
  view.layout = LumaLayout::kHalved;
  return view;
}

TEST(Halve, TakesWhatWasHalvedElsewhereAsItIs) {
  for (const int width : {64, 77, 90}) {
    Picture picture(width, 35, 0);
    picture.paint([](int x, int y) { return (x * x + 7 * y) % 251; });
    Plane expected, half;
    halve(picture.view(), &expected);
    std::vector<uint8_t> bytes;
    halve(halved_elsewhere(picture, &bytes), &half);
    ASSERT_TRUE(half.same_size(expected)) << width;
    for (int y = 0; y < half.height(); ++y) {
      const uint8_t *row = half.row(y) - Plane::kMargin, *other = expected.row(y) - Plane::kMargin;
      ASSERT_TRUE(std::equal(row, row + half.stride(), other)) << width << " row " << y;
    }
  }
}

TEST(Quarter, TakesMeansOfSixteen) {
  Plane source, quartered;
  source.resize(40, 8);
  for (int y = 0; y < 8; ++y) {
    for (int x = 0; x < 40; ++x) source.row(y)[x] = static_cast<uint8_t>(x);
  }
  quarter(source, &quartered);
  EXPECT_EQ(quartered.width(), 16);
  EXPECT_EQ(quartered.height(), 2);
  EXPECT_EQ(quartered.row(1)[0], 2);  // 1.5
  EXPECT_EQ(quartered.row(1)[9], 38);
  EXPECT_EQ(quartered.row(1)[15], 38);
}

// ------------------------------------------------------------------------------------------------ blank

struct Look {
  explicit Look(const Picture& picture) {
    take_picture(picture.view(), &strokes);
    find_strokes(&strokes);
    detail = find_text(&strokes);
  }
  Strokes strokes;
  TextDetail detail;
};

bool has_text(const Picture& picture) {
  return Look(picture).detail.any;
}

TEST(FindText, FindsWritingOfManySizes) {
  for (const double height : {10.0, 12.0, 14.0, 20.0, 32.0, 48.0, 72.0, 100.0, 150.0}) {
    Picture picture(1280, 360, 220);
    picture.write("HALL 27", 100.3, 40.6, height, 20);
    EXPECT_TRUE(has_text(picture)) << height;
  }
}

TEST(FindText, FindsLowContrastAndInvertedWriting) {
  for (const auto& [ground, ink] : {std::pair(128, 98), {128, 158}, {20, 240}, {250, 0}, {90, 130}}) {
    Picture picture(640, 160, ground);
    picture.write("PILE 2087", 100.3, 60.6, 20, ink);
    EXPECT_TRUE(has_text(picture)) << ground << " " << ink;
  }
}

TEST(FindText, FindsWritingUnderNoiseAndOnASlope) {
  Picture noisy = label();
  EXPECT_TRUE(has_text(noisy.add_noise(12, 1)));
  Picture slope(640, 160, 0);
  slope.paint([](int x, int) { return 40 + x / 4; }).write("PILE 2087", 100.3, 60.6, 20, 255);
  EXPECT_TRUE(has_text(slope));
}

TEST(FindText, PutsABoxAroundIt) {
  Picture picture(640, 480, 200);
  picture.write("PILE 2087", 320, 240, 20, 20);
  const DsocrRect box = Look(picture).detail.box;
  const int right = 320 + 20 * 6 / 7 * 9;
  EXPECT_LE(box.x, 320);
  EXPECT_GE(box.x, 320 - 32);
  EXPECT_LE(box.y, 240);
  EXPECT_GE(box.y, 240 - 32);
  EXPECT_GE(box.x + box.width, right - 4);
  EXPECT_LE(box.x + box.width, right + 32);
  EXPECT_GE(box.y + box.height, 260);
  EXPECT_LE(box.y + box.height, 260 + 32);
}

TEST(FindText, FindsNothingInPlainPictures) {
  EXPECT_FALSE(has_text(Picture(640, 480, 0)));
  EXPECT_FALSE(has_text(Picture(640, 480, 255)));
  for (const double sigma : {2.0, 8.0, 20.0})
    EXPECT_FALSE(has_text(Picture(640, 480, 128).add_noise(sigma, 3))) << sigma;
  Picture slope(640, 480, 0);
  EXPECT_FALSE(has_text(slope.paint([](int x, int y) { return (x + y) / 5; })));
}

TEST(FindText, FindsNothingInTextures) {
  Picture weave(640, 480, 0), wood(640, 480, 0), clouds(640, 480, 0), stripes(640, 480, 0);
  EXPECT_FALSE(has_text(weave.paint([](int x, int y) { return 110 + 15 * std::sin(x * 1.3) * std::sin(y * 1.1); })));
  EXPECT_FALSE(
      has_text(wood.paint([](int x, int y) { return 110 + 25 * std::sin(y * 0.4 + 3 * std::sin(x * 0.02)); })));
  EXPECT_FALSE(has_text(clouds.paint([](int x, int y) { return 128 + 60 * std::sin(x * 0.05) * std::sin(y * 0.04); })));
  EXPECT_FALSE(has_text(stripes.paint([](int x, int y) { return (x + y) / 40 % 2 == 0 ? 20 : 220; })));
}

TEST(FindText, FindsNothingInRulesAndRims) {
  EXPECT_FALSE(has_text(Picture(640, 480, 235).frame(60, 50, 500, 380, 2, 20)));
  EXPECT_FALSE(has_text(Picture(640, 480, 235).frame(60, 50, 500, 380, 2, 20).frame(68, 58, 484, 364, 1, 20)));
  Picture bars(640, 480, 235);
  for (int i = 0, x = 100; i < 60; x += 4 + i % 3 * 2, ++i) bars.fill(x, 100, 1 + i % 3, 200, 10);
  EXPECT_FALSE(has_text(bars));
  Picture page(640, 480, 245);
  for (int y = 11; y < 480; y += 34) page.fill(0, y, 640, 1, 120);
  for (int x = 11; x < 640; x += 34) page.fill(x, 0, 1, 480, 120);
  EXPECT_FALSE(has_text(page));
}

TEST(FindText, FindsWritingBetweenRules) {
  Picture form(640, 480, 235);
  for (int y = 40; y < 480; y += 40) form.fill(0, y, 640, 1, 90);
  form.fill(200, 0, 1, 480, 90).write("PARTS 0463", 220, 173, 14, 20);
  EXPECT_TRUE(has_text(form));
}

// ------------------------------------------------------------------------------------------------ area=auto

bool is_rect(const std::optional<DsocrRect>& rect, int x, int y, int width, int height) {
  return rect && rect->x == x && rect->y == y && rect->width == width && rect->height == height;
}

TEST(AutoArea, PadsTheDetail) {
  AutoArea area;
  EXPECT_TRUE(is_rect(area.follow({320, 160, 640, 64}, 1280, 720), 280, 144, 720, 96));
}

TEST(AutoArea, StaysInsideTheFrame) {
  AutoArea area;
  EXPECT_TRUE(is_rect(area.follow({0, 700, 160, 20}, 1280, 720), 0, 684, 176, 36));
}

TEST(AutoArea, KeepsAPartThatServes) {
  AutoArea area;
  const auto first = area.follow({320, 160, 640, 64}, 1280, 720);
  const auto second = area.follow({336, 160, 600, 64}, 1280, 720);
  EXPECT_TRUE(is_rect(second, first->x, first->y, first->width, first->height));
  EXPECT_TRUE(is_rect(area.follow({320, 160, 64, 32}, 1280, 720), 304, 144, 96, 64)) << "far too large now";
  EXPECT_TRUE(is_rect(area.follow({320, 400, 64, 32}, 1280, 720), 304, 384, 96, 64)) << "elsewhere";
}

TEST(AutoArea, IsTheWholeFrameWithoutDetailOrWithMuch) {
  AutoArea area;
  EXPECT_FALSE(area.follow({}, 1280, 720));
  EXPECT_FALSE(area.follow({16, 16, 1200, 600}, 1280, 720));
}

// ------------------------------------------------------------------------------------------------ sharpness

TEST(Sharpness, FallsWithBlur) {
  Picture picture = label(20);
  uint32_t before = 256;
  for (const int radius : {0, 1, 2}) {
    Picture blurred = picture;
    blurred.blur(radius);
    const Look look(blurred);
    const uint32_t sharpness = measure_sharpness(blurred.view(), look.strokes);
    EXPECT_LT(sharpness, before) << radius;
    before = sharpness;
  }
  EXPECT_GT(before, 0u);
}

TEST(Sharpness, FallsWithBlurInHalvedPictures) {
  uint32_t before = 256;
  for (const int radius : {0, 1, 2, 3}) {
    Picture blurred = label(20);
    blurred.blur(radius);
    const Look look(blurred);
    std::vector<uint8_t> bytes;
    const uint32_t sharpness = measure_sharpness(halved_elsewhere(blurred, &bytes), look.strokes);
    EXPECT_LT(sharpness, before) << radius;
    before = sharpness;
  }
  EXPECT_GT(before, 0u);
}

// ------------------------------------------------------------------------------------------------ sharpest-of

TEST(SharpestWindow, ChoosesTheFirstOfTheSharpest) {
  SharpestWindow window;
  EXPECT_FALSE(window.is_open());
  EXPECT_TRUE(window.add(0, 10, 0));
  EXPECT_TRUE(window.add(1, 10, 50));
  EXPECT_FALSE(window.add(2, 10, 50));
  EXPECT_FALSE(window.add(3, 10, 20));
  EXPECT_TRUE(window.add(4, 10, 51));
  window.close();
  EXPECT_FALSE(window.is_open());
  EXPECT_TRUE(window.add(5, 10, 1));
}

TEST(SharpestWindow, EndsByTimeNumberAndBytes) {
  SharpestWindow window;
  EXPECT_FALSE(window.ends_before(kNoTime, 1000, {1, 1, 1})) << "closed";
  window.add(100, 10, 1);
  EXPECT_FALSE(window.ends_before(149, 10, {50, 0, 0}));
  EXPECT_TRUE(window.ends_before(150, 10, {50, 0, 0}));
  EXPECT_TRUE(window.ends_before(99, 10, {50, 0, 0})) << "time went back";
  EXPECT_TRUE(window.ends_before(kNoTime, 10, {50, 0, 0}));
  window.pass(10);
  EXPECT_FALSE(window.ends_before(101, 10, {50, 3, 30}));
  EXPECT_TRUE(window.ends_before(101, 10, {50, 2, 30}));
  EXPECT_TRUE(window.ends_before(101, 11, {50, 3, 30}));
}

// ------------------------------------------------------------------------------------------------ change

uint32_t distance(const Picture& before, const Picture& now) {
  return stroke_distance(Look(before).strokes, Look(now).strokes);
}

constexpr uint32_t kThreshold = 3;  // the default of change-threshold

TEST(StrokeDistance, IsNothingBetweenEqualPictures) {
  EXPECT_EQ(distance(label(), label()), 0u);
}

TEST(StrokeDistance, SeesEverySingleChangedDigit) {
  const std::string digits = "0123456789";
  for (const char before : digits) {
    for (const char now : digits) {
      if (before == now) continue;
      for (const double offset : {0.0, 0.5}) {
        Picture one(320, 64, 230), other(320, 64, 230);
        one.write(std::string("PARTS 04") + before + " TO", 20.2 + offset, 20 + offset, 14, 40);
        other.write(std::string("PARTS 04") + now + " TO", 20.2 + offset, 20 + offset, 14, 40);
        EXPECT_GE(distance(one, other), kThreshold) << before << " " << now << " " << offset;
      }
    }
  }
}

TEST(StrokeDistance, SeesAChangedDigitOfLowContrast) {
  Picture one(320, 64, 128), other(320, 64, 128);
  one.write("PARTS 0463", 20.2, 20, 20, 92);
  other.write("PARTS 0483", 20.2, 20, 20, 92);
  EXPECT_GE(distance(one, other), kThreshold);
}

TEST(StrokeDistance, SeesAChangedLargeDigit) {
  Picture one(640, 320, 230), other(640, 320, 230);
  one.write("27", 40, 40, 200, 20);
  other.write("21", 40, 40, 200, 20);
  EXPECT_GE(distance(one, other), kThreshold);
}

TEST(StrokeDistance, SeesWritingThatCameOrWent) {
  Picture more = label();
  more.write("7", 280.4, 132.7, 14, 30);
  EXPECT_GE(distance(label(), more), kThreshold);
  EXPECT_GE(distance(more, label()), kThreshold);
}

TEST(StrokeDistance, IgnoresNoise) {
  for (const double sigma : {3.0, 6.0, 10.0}) {
    EXPECT_LT(distance(label().add_noise(sigma, 1), label().add_noise(sigma, 2)), kThreshold) << sigma;
  }
}

TEST(StrokeDistance, IgnoresLightThatChanges) {
  EXPECT_LT(distance(label(), label().shift(8)), kThreshold);
  EXPECT_LT(distance(label(), label().shift(-10)), kThreshold);
}

TEST(StrokeDistance, IgnoresABlockCodersFlicker) {
  Picture flicker = label();
  flicker.paint([&](int x, int y) {
    const int level = (x / 8 * 7 + y / 8 * 13) % 9 - 4;
    return flicker.at(x, y) + level + ((x + y) % 2 == 0 ? 2 : -2);
  });
  EXPECT_LT(distance(label(), flicker), kThreshold);
}

Picture subtitle(std::string_view text, double phase) {
  Picture picture(640, 120, 0);
  picture.paint([&](int x, int y) { return 128 + 100 * std::sin((x + y / 2) * 0.012 + phase); });
  return picture.write_outlined(text, 120.3, 40.4, 32, 255, 0, 3);
}

TEST(StrokeDistance, IgnoresGroundThatMovesBehindOutlinedWriting) {
  for (const double phase : {0.3, 1.0, 2.0, 3.0})
    EXPECT_LT(distance(subtitle("PILE 2087", 0), subtitle("PILE 2087", phase)), kThreshold) << phase;
}

TEST(StrokeDistance, SeesWritingThatChangesOnMovingGround) {
  for (const double phase : {0.3, 1.0, 2.0, 3.0}) {
    EXPECT_GE(distance(subtitle("PILE 2087", 0), subtitle("PILE 2047", phase)), kThreshold) << phase;
    EXPECT_GE(distance(subtitle("PILE 2087", 0), subtitle("", phase)), kThreshold) << phase;
  }
}

/// Writing that stands, and beside it a brighter label that may lie there.
Picture table(std::string_view text, int label_luma) {
  Picture picture(512, 256, 200);
  picture.write("2087", 16.3, 12.4, 14, 40);
  if (!text.empty()) picture.fill(28, 60, 456, 176, label_luma).write(text, 40.3, 90.6, 40, 18);
  return picture;
}

TEST(StrokeDistance, SeesALabelThatComesWithItsOwnGround) {
  for (const int luma : {150, 170, 185, 215, 230, 245, 253}) {
    for (const char* text : {"OPHELIA", "27 L"}) {
      EXPECT_GE(distance(table("", luma), table(text, luma)), kThreshold) << text << " on " << luma;
      EXPECT_GE(distance(table(text, luma), table("", luma)), kThreshold) << text << " on " << luma;
    }
  }
}

TEST(IsSamePicture, AllowsForFaintNoiseOnly) {
  const auto same = [](const Picture& before, const Picture& now) {
    return is_same_picture(Look(before).strokes, Look(now).strokes);
  };
  EXPECT_TRUE(same(label(), label()));
  EXPECT_TRUE(same(label().add_noise(0.7, 1), label().add_noise(0.7, 2)));
  EXPECT_TRUE(same(label(), label().shift(3)));
  EXPECT_FALSE(same(label(), label().shift(4)));
  EXPECT_FALSE(same(label(), Picture(320, 200, 0))) << "another size";
  // A full stop of the lowest contrast that is found, in the last corner.
  Picture plain(640, 120, 128), stop(640, 120, 128);
  stop.fill(636, 116, 3, 3, 112);
  EXPECT_FALSE(same(plain, stop));
}

TEST(StrokeDistance, CannotCompareOtherSizes) {
  EXPECT_EQ(distance(label(), Picture(320, 200, 0)), kNoReference);
}

// ------------------------------------------------------------------------------------------------ all of it

Verdict examine(FrameGate& gate, const Picture& picture) {
  GateSettings settings;
  settings.needs_detail = true;
  return gate.examine(settings, picture.view(), 100, 200);
}

Picture line_of(std::string_view text, int ink) {
  return Picture(320, 64, 230).write(text, 20.2, 20, 14, ink);
}

TEST(FrameGate, SaysOfTheSamePictureWhatItSaidOfTheFirst) {
  FrameGate gate;
  const Verdict first = examine(gate, label());
  EXPECT_EQ(first.decision, Decision::kRead);
  EXPECT_EQ(first.distance, kNoReference);
  EXPECT_GT(first.sharpness, 0u);
  const Verdict second = examine(gate, label());
  EXPECT_EQ(second.decision, Decision::kUnchanged);
  EXPECT_EQ(second.distance, 0u);
  EXPECT_EQ(second.sharpness, first.sharpness);
  EXPECT_TRUE(is_rect(second.detail, first.detail.x, first.detail.y, first.detail.width, first.detail.height));
}

TEST(FrameGate, ReadsAChangedDigit) {
  FrameGate gate;
  EXPECT_EQ(examine(gate, line_of("PARTS 0463", 40)).decision, Decision::kRead);
  EXPECT_EQ(examine(gate, line_of("PARTS 0463", 40)).decision, Decision::kUnchanged);
  EXPECT_EQ(examine(gate, line_of("PARTS 0483", 40)).decision, Decision::kRead);
  EXPECT_EQ(examine(gate, line_of("PARTS 0483", 40)).decision, Decision::kUnchanged);
}

TEST(FrameGate, ReadsWritingThatComesAfterABlankFrameThatWasRead) {
  GateSettings settings;
  settings.skip_blank = false;
  FrameGate gate;
  const auto decide = [&](const Picture& picture) { return gate.examine(settings, picture.view(), 0, 0).decision; };
  const Picture empty(320, 64, 200), written = line_of("PARTS 0463", 40);
  EXPECT_EQ(decide(empty), Decision::kRead);
  EXPECT_EQ(decide(empty), Decision::kUnchanged);
  EXPECT_EQ(decide(written), Decision::kRead);
  EXPECT_EQ(decide(written), Decision::kUnchanged);
  EXPECT_EQ(decide(empty), Decision::kRead);
}

TEST(FrameGate, IsNotFooledByWritingThatFadesSlowly) {
  FrameGate gate;
  Decision last = Decision::kRead;
  for (int ink = 40; ink <= 230; ink += 2) last = examine(gate, line_of("PARTS 0463", ink)).decision;
  EXPECT_EQ(last, Decision::kBlank);
}

TEST(FrameGate, LooksAtTheSamePictureAgainWhereNothingStands) {
  FrameGate gate;
  EXPECT_EQ(examine(gate, label()).decision, Decision::kRead);
  EXPECT_EQ(examine(gate, Picture(320, 200, 200)).decision, Decision::kBlank);
  EXPECT_EQ(examine(gate, label()).decision, Decision::kRead);
  gate.forget_reading();
  EXPECT_EQ(examine(gate, label()).decision, Decision::kRead);
}

}  // namespace
}  // namespace deepseekocr::test
