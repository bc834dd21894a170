// SPDX-License-Identifier: MIT
// tokenizer.json files that are damaged or ask for what is not supported: one sentence that names file and field.
#include "text/tokenizer_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "checkpoint/error.h"
#include "text/tokenizer.h"

namespace deepseekocr {
namespace {

using Json = nlohmann::json;

Json valid_file() {
  return Json::parse(R"({
    "normalizer": null,
    "added_tokens": [{"id": 9, "content": "<x>", "single_word": false, "lstrip": false, "rstrip": false,
                      "normalized": false, "special": true}],
    "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
      {"type": "Split", "pattern": {"Regex": "\\p{N}{1,3}"}, "behavior": "Isolated", "invert": false},
      {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]},
    "decoder": {"type": "ByteLevel"},
    "model": {"type": "BPE", "dropout": null, "unk_token": null, "byte_fallback": false,
              "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": [["a", "b"]]}})");
}

/// The message for a file, or "" if it is read.
std::string message_of(const std::string& text) {
  try {
    Tokenizer::from_json(text, "dir/tokenizer.json");
    return "";
  } catch (const CheckpointError& error) {
    return error.what();
  }
}

std::string message_after(const std::function<void(Json&)>& change) {
  Json file = valid_file();
  change(file);
  return message_of(file.dump());
}

#define EXPECT_NAMES(message, field)                                       \
  do {                                                                     \
    const std::string text = message;                                      \
    EXPECT_NE(text.find("dir/tokenizer.json"), std::string::npos) << text; \
    EXPECT_NE(text.find(field), std::string::npos) << text;                \
  } while (false)

TEST(TokenizerFile, ReadsAValidOne) {
  EXPECT_EQ(message_of(valid_file().dump()), "");
}

TEST(TokenizerFile, RefusesWhatIsNotJson) {
  EXPECT_NAMES(message_of(""), "not JSON");
  EXPECT_NAMES(message_of("{\"model\": "), "not JSON");
  EXPECT_NAMES(message_of("\xFF\xFE"), "not JSON");
  EXPECT_NAMES(message_of("[]"), "must be an object");
}

TEST(TokenizerFile, RefusesMissingParts) {
  EXPECT_NAMES(message_after([](Json& f) { f.erase("model"); }), "\"model\"");
  EXPECT_NAMES(message_after([](Json& f) { f.erase("decoder"); }), "\"decoder\"");
  EXPECT_NAMES(message_after([](Json& f) { f.erase("pre_tokenizer"); }), "\"pre_tokenizer\"");
  EXPECT_NAMES(message_after([](Json& f) { f["model"].erase("vocab"); }), "\"model.vocab\"");
  EXPECT_NAMES(message_after([](Json& f) { f["model"].erase("merges"); }), "\"model.merges\"");
  EXPECT_NAMES(message_after([](Json& f) { f["added_tokens"][0].erase("id"); }), "\"added_tokens[0].id\"");
  EXPECT_NAMES(message_after([](Json& f) { f["added_tokens"][0].erase("content"); }), "\"added_tokens[0].content\"");
}

TEST(TokenizerFile, RefusesWrongTypes) {
  EXPECT_NAMES(message_after([](Json& f) { f["model"] = 3; }), "\"model\"");
  EXPECT_NAMES(message_after([](Json& f) { f["model"]["vocab"] = Json::array(); }), "\"model.vocab\"");
  EXPECT_NAMES(message_after([](Json& f) { f["model"]["vocab"]["a"] = "0"; }), "\"a\"");
  EXPECT_NAMES(message_after([](Json& f) { f["model"]["merges"][0] = 5; }), "\"model.merges[0]\"");
  EXPECT_NAMES(message_after([](Json& f) { f["model"]["merges"][0] = "a b c"; }), "\"model.merges[0]\"");
  EXPECT_NAMES(message_after([](Json& f) { f["added_tokens"] = "x"; }), "\"added_tokens\"");
  EXPECT_NAMES(message_after([](Json& f) { f["added_tokens"][0]["special"] = 1; }), "\"added_tokens[0].special\"");
}

TEST(TokenizerFile, RefusesBadIds) {
  for (const Json& id : {Json(-1), Json(1.5), Json(kMaxTokenId), Json(uint64_t{1} << 63U), Json(nullptr)}) {
    EXPECT_NAMES(message_after([&](Json& f) { f["model"]["vocab"]["a"] = id; }), "\"a\"");
    EXPECT_NAMES(message_after([&](Json& f) { f["added_tokens"][0]["id"] = id; }), "\"added_tokens[0].id\"");
  }
  EXPECT_NAMES(message_after([](Json& f) { f["model"]["vocab"]["a"] = 1; }), "\"model.vocab\"");
  EXPECT_NAMES(message_after([](Json& f) { f["added_tokens"][0]["id"] = 1; }), "\"<x>\"");
  EXPECT_NAMES(message_after([](Json& f) { f["added_tokens"][0]["content"] = "ab"; }), "\"ab\"");
}

TEST(TokenizerFile, RefusesMergesOfUnknownTokens) {
  EXPECT_NAMES(message_after([](Json& f) { f["model"]["merges"].push_back({"b", "a"}); }), "\"ba\"");
  EXPECT_NAMES(message_after([](Json& f) { f["model"]["merges"].push_back({"z", "a"}); }), "\"model.merges[1]\"");
}

TEST(TokenizerFile, RefusesByNameWhatIsNotSupported) {
  EXPECT_NAMES(message_after([](Json& f) { f["model"]["type"] = "Unigram"; }), "\"Unigram\"");
  EXPECT_NAMES(message_after([](Json& f) { f["model"]["byte_fallback"] = true; }), "\"model.byte_fallback\"");
  EXPECT_NAMES(message_after([](Json& f) { f["model"]["unk_token"] = "<unk>"; }), "\"model.unk_token\"");
  EXPECT_NAMES(message_after([](Json& f) { f["model"]["dropout"] = 0.1; }), "\"model.dropout\"");
  EXPECT_NAMES(message_after([](Json& f) { f["normalizer"] = {{"type", "NFC"}}; }), "\"NFC\"");
  EXPECT_NAMES(message_after([](Json& f) { f["decoder"]["type"] = "WordPiece"; }), "\"WordPiece\"");
  EXPECT_NAMES(message_after([](Json& f) { f["pre_tokenizer"] = {{"type", "Whitespace"}}; }), "\"Whitespace\"");
  EXPECT_NAMES(message_after([](Json& f) { f["pre_tokenizer"] = {{"type", "ByteLevel"}}; }), "use_regex");
  EXPECT_NAMES(message_after([](Json& f) { f["added_tokens"][0]["lstrip"] = true; }), "\"added_tokens[0].lstrip\"");
  const auto split = [](Json& f) -> Json& { return f["pre_tokenizer"]["pretokenizers"][0]; };
  EXPECT_NAMES(message_after([&](Json& f) { split(f)["behavior"] = "Removed"; }), "\"Removed\"");
  EXPECT_NAMES(message_after([&](Json& f) { split(f)["invert"] = true; }), "pretokenizers[0].invert");
  EXPECT_NAMES(message_after([&](Json& f) { split(f)["type"] = "Digits"; }), "\"Digits\"");
}

TEST(TokenizerFile, RefusesBadPatterns) {
  const auto pattern = [](Json& f) -> Json& { return f["pre_tokenizer"]["pretokenizers"][0]["pattern"]; };
  EXPECT_NAMES(message_after([&](Json& f) { pattern(f) = {{"Regex", "(["}}; }), "([");
  EXPECT_NAMES(message_after([&](Json& f) { pattern(f) = {{"Regex", ""}}; }), "pattern.Regex");
  EXPECT_NAMES(message_after([&](Json& f) { pattern(f) = Json::object(); }), "pattern.String");
  EXPECT_NAMES(message_after([](Json& f) { f["pre_tokenizer"]["pretokenizers"] = Json::array(); }), "pretokenizers");
}

TEST(TokenizerFile, TellsAMissingFileFromADamagedOne) {
  try {
    Tokenizer::from_file("/nonexistent/tokenizer.json");
    FAIL();
  } catch (const EngineError& error) {
    EXPECT_EQ(error.status(), DSOCR_NOT_FOUND);
    EXPECT_NE(std::string(error.what()).find("/nonexistent/tokenizer.json"), std::string::npos);
  }
  EXPECT_THROW(Tokenizer::from_file(TEST_DATA_DIR), CheckpointError);
}

TEST(TokenizerFile, DamagedFilesNeverCrash) {
  const std::string valid = valid_file().dump();
  std::mt19937 random(11);
  for (int round = 0; round < 3000; ++round) {
    std::string text = valid;
    for (unsigned change = random() % 4; change-- > 0;)
      text[random() % text.size()] = static_cast<char>(random() % 256);
    if (random() % 4 == 0) text.resize(random() % text.size());
    const std::string message = message_of(text);  // anything but a CheckpointError ends the test
    EXPECT_TRUE(message.empty() || message.starts_with("dir/tokenizer.json")) << message;
  }
}

TEST(TokenizerFile, DeepNestingIsRefused) {
  EXPECT_NE(message_of(std::string(1000000, '[')), "");
  EXPECT_NE(message_of(std::string(100000, '[') + std::string(100000, ']')), "");
}

}  // namespace
}  // namespace deepseekocr
