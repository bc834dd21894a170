// SPDX-License-Identifier: MIT
#include "pdfdec/pageselection.h"

#include <gtest/gtest.h>

using pdfdec::PageSelection;

static std::vector<int> select(std::string_view text, int page_count) {
  PageSelection selection;
  std::string error;
  EXPECT_TRUE(PageSelection::parse(text, page_count, &selection, &error)) << error;
  std::vector<int> pages;
  for (uint64_t i = 0; i < selection.size(); ++i) pages.push_back(selection.page_at(i) + 1);
  return pages;
}

static std::string refuse(std::string_view text, int page_count) {
  PageSelection selection;
  std::string error;
  EXPECT_FALSE(PageSelection::parse(text, page_count, &selection, &error)) << text;
  return error;
}

TEST(PageSelection, EmptyIsAll) {
  EXPECT_EQ(select("", 3), (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(select("  ", 1), (std::vector<int>{1}));
}

TEST(PageSelection, KeepsTheOrderWritten) {
  EXPECT_EQ(select("7,1-3", 9), (std::vector<int>{7, 1, 2, 3}));
  EXPECT_EQ(select(" 2 - 3 , 2", 9), (std::vector<int>{2, 3, 2}));
}

TEST(PageSelection, OpenRangeEndsAtTheLastPage) {
  EXPECT_EQ(select("4-", 6), (std::vector<int>{4, 5, 6}));
}

TEST(PageSelection, HugeRangesTakeNoMemory) {
  PageSelection selection;
  std::string error;
  ASSERT_TRUE(PageSelection::parse("1-2147483647", 2147483647, &selection, &error));
  EXPECT_EQ(selection.size(), 2147483647U);
  EXPECT_EQ(selection.page_at(2147483646), 2147483646);
}

TEST(PageSelection, NamesThePartThatCannotBeRead) {
  for (const char* text : {"x", "1,,2", "1,", "-", "-3", "1-2-3", "1.5", "+1", "1--2", "99999999999", "1;2"}) {
    EXPECT_NE(refuse(text, 9).find("cannot read"), std::string::npos) << text;
  }
  EXPECT_NE(refuse("1,two,3", 9).find("\"two\""), std::string::npos);
}

TEST(PageSelection, NamesThePartOutsideAndThePageCount) {
  for (const char* text : {"0", "10", "1-10", "10-", "0-3"}) {
    const std::string error = refuse(text, 9);
    EXPECT_NE(error.find(text), std::string::npos) << error;
    EXPECT_NE(error.find("1 to 9"), std::string::npos) << error;
  }
}

TEST(PageSelection, RefusesBackwardRanges) {
  EXPECT_NE(refuse("5-2", 9).find("\"5-2\""), std::string::npos);
}
