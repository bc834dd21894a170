// SPDX-License-Identifier: MIT
// Checks on the sentence of an EngineError.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>

#include "checkpoint/error.h"

namespace deepseekocr::test {

/// Calls `work` and expects an EngineError of this status whose one sentence holds every one of `parts`.
template <typename Work>
void expect_error(DsocrStatus status, std::initializer_list<std::string_view> parts, const Work& work) {
  try {
    work();
    ADD_FAILURE() << "no error; expected one about " << *parts.begin();
  } catch (const EngineError& error) {
    const std::string sentence = error.what();
    EXPECT_EQ(error.status(), status) << sentence;
    for (const std::string_view part : parts)
      EXPECT_NE(sentence.find(part), std::string::npos) << "\"" << part << "\" is not in: " << sentence;
    EXPECT_EQ(sentence.find('\n'), std::string::npos) << sentence;
    EXPECT_TRUE(sentence.ends_with('.')) << sentence;
    EXPECT_LT(sentence.size(), sizeof(DsocrError::message)) << sentence;
  }
}

}  // namespace deepseekocr::test
