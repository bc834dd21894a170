// SPDX-License-Identifier: MIT
#include "text/coordinates.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace deepseekocr {
namespace {

using Boxes = std::vector<Coordinates>;

TEST(Coordinates, ReadsBoxes) {
  EXPECT_EQ(parse_coordinates("[[54, 47, 940, 142]]"), (Boxes{{54, 47, 940, 142}}));
  EXPECT_EQ(parse_coordinates("[[1,2,3,4],[5,6,7,8]]"), (Boxes{{1, 2, 3, 4}, {5, 6, 7, 8}}));
  EXPECT_EQ(parse_coordinates(" [\n[ 1 , 2.5 , +3 , -4e1 ] ,\t] "), (Boxes{{1, 2.5, 3, -40}}));
  EXPECT_EQ(parse_coordinates("[1, 2, 3, 4]"), (Boxes{{1, 2, 3, 4}}));
  EXPECT_EQ(parse_coordinates("[[.5, 1., 3, 4,]]"), (Boxes{{0.5, 1, 3, 4}}));
}

TEST(Coordinates, RefusesEverythingElse) {
  for (const std::string_view text : {"",
                                      "[",
                                      "]",
                                      "[]]",
                                      "[[]]",
                                      "[[1,2,3]]",
                                      "[[1,2,3,4,5]]",
                                      "[[1,2,3,4]",
                                      "[[1,2,3,4]]x",
                                      "x[[1,2,3,4]]",
                                      "[[1 2 3 4]]",
                                      "[[1,,2,3,4]]",
                                      "[[1,2,3,4][5,6,7,8]]",
                                      "[[a,2,3,4]]",
                                      "[[inf,2,3,4]]",
                                      "[[nan,2,3,4]]",
                                      "[[0x1,2,3,4]]",
                                      "[[1e999,2,3,4]]",
                                      "[[--1,2,3,4]]",
                                      "[[1_0,2,3,4]]",
                                      "[[[1,2,3,4]]]",
                                      "(1,2,3,4)",
                                      "[[__import__('os'),2,3,4]]",
                                      "[[., 1, 2, 3]]",
                                      "[[1,2,3,4],,[5,6,7,8]]"}) {
    EXPECT_EQ(parse_coordinates(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_coordinates(std::string_view("[[1,2,3,4]]\0", 12)), std::nullopt);
}

TEST(Coordinates, AnEmptyListHasNoBoxes) {
  EXPECT_EQ(parse_coordinates("[]"), std::nullopt);
}

TEST(Coordinates, ScalesAsTheReferenceDoes) {
  const Rect whole{0, 0, 1920, 1080};
  EXPECT_EQ(to_pixels({0, 0, 999, 999}, whole, 1920, 1080), (Rect{0, 0, 1920, 1080}));
  // int(v / 999 * extent): 54 → 103.78, 47 → 50.81, 940 → 1806.60, 142 → 153.51
  EXPECT_EQ(to_pixels({54, 47, 940, 142}, whole, 1920, 1080), (Rect{103, 50, 1703, 103}));
}

TEST(Coordinates, MovesByTheArea) {
  EXPECT_EQ(to_pixels({0, 0, 999, 999}, {100, 50, 200, 80}, 1920, 1080), (Rect{100, 50, 200, 80}));
}

TEST(Coordinates, ClipsAndOrders) {
  const Rect whole{0, 0, 100, 100};
  EXPECT_EQ(to_pixels({-50, -50, 2000, 1e300}, whole, 100, 100), (Rect{0, 0, 100, 100}));
  EXPECT_EQ(to_pixels({999, 999, 0, 0}, whole, 100, 100), (Rect{0, 0, 100, 100}));
  EXPECT_EQ(to_pixels({999, 999, 999, 999}, whole, 100, 100), (Rect{99, 99, 1, 1}));
  EXPECT_EQ(to_pixels({500, 500, 500, 500}, whole, 100, 100), (Rect{50, 50, 0, 0}));
}

}  // namespace
}  // namespace deepseekocr
