// SPDX-License-Identifier: MIT
#include "serving/error_boundary.h"

#include <gtest/gtest.h>

#include <new>
#include <stdexcept>
#include <string>

#include "checkpoint/error.h"

namespace deepseekocr {
namespace {

template <typename Exception>
DsocrError error_of(const Exception& exception) {
  try {
    throw exception;
  } catch (...) {
    return current_error();
  }
}

TEST(ErrorBoundaryTest, ExceptionsKeepTheirMeaning) {
  EXPECT_EQ(error_of(CheckpointError("broken")).status, DSOCR_INVALID_CHECKPOINT);
  EXPECT_STREQ(error_of(ArgumentError("width is 0")).message, "width is 0");
  EXPECT_EQ(error_of(std::bad_alloc()).status, DSOCR_OUT_OF_MEMORY);
  EXPECT_EQ(error_of(std::runtime_error("x")).status, DSOCR_INTERNAL);
  EXPECT_EQ(error_of(42).status, DSOCR_INTERNAL);
}

TEST(ErrorBoundaryTest, LongSentencesAreCutBetweenCharacters) {
  for (const size_t lead : {0U, 1U, 2U}) {
    std::string sentence(lead, 'a');
    while (sentence.size() < 3000) sentence += "\u20AC";  // three bytes
    const std::string message = make_error(DSOCR_INTERNAL, sentence).message;
    EXPECT_LE(message.size(), 1023U);
    EXPECT_GE(message.size(), 1021U);
    EXPECT_EQ((message.size() - lead) % 3, 0U);
  }
}

}  // namespace
}  // namespace deepseekocr
