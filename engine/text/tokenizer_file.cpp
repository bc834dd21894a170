// SPDX-License-Identifier: MIT
#include "text/tokenizer_file.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "checkpoint/error.h"

namespace deepseekocr {

namespace {

using Json = nlohmann::json;

constexpr uintmax_t kMaxFileBytes = uintmax_t{256} << 20;
constexpr size_t kMaxAddedTokenBytes = 1024;
constexpr size_t kMaxPatternBytes = 1 << 16;

/// A JSON value and the way to it, so that messages name the field.
class Field {
 public:
  Field(const Json& value, std::string path, const std::string& origin)
      : value_(&value), path_(std::move(path)), origin_(&origin) {}

  [[noreturn]] void fail(const std::string& what) const {
    throw CheckpointError(*origin_ + ": " + (path_.empty() ? "the file" : "\"" + path_ + "\"") + " " + what + ".");
  }

  const Json& json() const { return *value_; }
  bool is_null() const { return value_->is_null(); }

  /// A member; null if it is missing.
  Field operator[](const std::string& key) const {
    if (!value_->is_object()) fail("must be an object");
    static const Json missing;
    const auto found = value_->find(key);
    return {found == value_->end() ? missing : *found, path_.empty() ? key : path_ + "." + key, *origin_};
  }

  Field at(size_t index) const { return {(*value_)[index], path_ + "[" + std::to_string(index) + "]", *origin_}; }

  size_t array_size() const {
    if (!value_->is_array()) fail("must be an array");
    return value_->size();
  }

  const std::string& string() const {
    if (!value_->is_string()) fail("must be a string");
    return value_->get_ref<const std::string&>();
  }

  bool flag(bool missing) const {
    if (value_->is_null()) return missing;
    if (!value_->is_boolean()) fail("must be true or false");
    return value_->get<bool>();
  }

  int32_t token_id() const { return token_id(*value_, path_); }

  /// The same for an element whose path is only worth building for a message.
  int32_t token_id(const Json& value, const std::string& name) const {
    const bool valid = value.is_number_unsigned() && value.get<uint64_t>() < static_cast<uint64_t>(kMaxTokenId);
    if (valid) return static_cast<int32_t>(value.get<uint64_t>());
    throw CheckpointError(*origin_ + ": the id of \"" + name + "\" must be a whole number from 0 to " +
                          std::to_string(kMaxTokenId - 1) + ", not " + value.dump(-1, ' ', true).substr(0, 40) + ".");
  }

 private:
  const Json* value_;
  std::string path_;
  const std::string* origin_;
};

void require_null_or_empty(const Field& field) {
  if (field.is_null() || (field.json().is_string() && field.string().empty())) return;
  field.fail("is set, which is not supported; only plain byte-level BPE is");
}

void require_off(const Field& field) {
  if (field.flag(false)) field.fail("is true, which is not supported");
}

void check_normalizer(const Field& normalizer) {
  if (normalizer.is_null()) return;
  const std::string& type = normalizer["type"].string();
  if (type == "Sequence" && normalizer["normalizers"].array_size() == 0) return;
  normalizer.fail("of type \"" + type + "\" is not supported; it must be null or an empty Sequence");
}

void check_decoder(const Field& decoder) {
  if (decoder.is_null()) decoder.fail("is missing; it must be of type \"ByteLevel\"");
  const std::string& type = decoder["type"].string();
  if (type != "ByteLevel") decoder.fail("of type \"" + type + "\" is not supported; it must be \"ByteLevel\"");
}

SplitPattern read_split(const Field& split) {
  const Field behavior = split["behavior"];
  if (behavior.string() != "Isolated") {
    behavior.fail("is \"" + behavior.string() + "\", which is not supported; it must be \"Isolated\"");
  }
  require_off(split["invert"]);
  const Field pattern = split["pattern"];
  const bool literal = pattern["Regex"].is_null();
  const Field text = literal ? pattern["String"] : pattern["Regex"];
  if (text.string().empty() || text.string().size() > kMaxPatternBytes) text.fail("must hold 1 to 65536 bytes");
  return {text.string(), literal};
}

void check_byte_level(const Field& byte_level) {
  require_off(byte_level["add_prefix_space"]);
  if (byte_level["use_regex"].flag(true)) byte_level["use_regex"].fail("must be false; write the pattern as a Split");
}

std::vector<SplitPattern> read_splits(const Field& pre_tokenizer) {
  if (pre_tokenizer.is_null()) pre_tokenizer.fail("is missing; it must end with \"ByteLevel\"");
  if (pre_tokenizer["type"].string() == "ByteLevel") {
    check_byte_level(pre_tokenizer);
    return {};
  }
  if (pre_tokenizer["type"].string() != "Sequence") {
    pre_tokenizer.fail("of type \"" + pre_tokenizer["type"].string() +
                       "\" is not supported; it must be \"Sequence\" or \"ByteLevel\"");
  }
  std::vector<SplitPattern> splits;
  const Field parts = pre_tokenizer["pretokenizers"];
  const size_t count = parts.array_size();
  for (size_t i = 0; i < count; ++i) {
    const Field part = parts.at(i);
    const bool last = i + 1 == count;
    const std::string& type = part["type"].string();
    if (type != (last ? "ByteLevel" : "Split")) {
      part.fail("of type \"" + type + "\" is not supported; there must be Splits and one ByteLevel at the end");
    }
    if (last) {
      check_byte_level(part);
    } else {
      splits.push_back(read_split(part));
    }
  }
  if (count == 0) parts.fail("is empty; it must end with \"ByteLevel\"");
  return splits;
}

std::vector<AddedToken> read_added_tokens(const Field& list) {
  std::vector<AddedToken> tokens;
  if (list.is_null()) return tokens;
  const size_t count = list.array_size();
  tokens.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    const Field entry = list.at(i);
    for (const char* key : {"single_word", "lstrip", "rstrip"}) require_off(entry[key]);
    const Field content = entry["content"];
    if (content.string().empty() || content.string().size() > kMaxAddedTokenBytes) {
      content.fail("must hold 1 to " + std::to_string(kMaxAddedTokenBytes) + " bytes");
    }
    const bool special = entry["special"].flag(false);
    tokens.push_back({entry["id"].token_id(), content.string(), entry["normalized"].flag(!special)});
  }
  return tokens;
}

std::vector<std::pair<std::string, int32_t>> read_vocabulary(const Field& vocabulary) {
  if (!vocabulary.json().is_object()) vocabulary.fail("must be an object of tokens and their ids");
  std::vector<std::pair<std::string, int32_t>> entries;
  entries.reserve(vocabulary.json().size());
  for (const auto& [token, id] : vocabulary.json().items()) {
    entries.emplace_back(token, vocabulary.token_id(id, token));
  }
  return entries;
}

/// A rule: ["a", "b"], or "a b" in older files.
std::pair<std::string, std::string> read_merge(const Field& merges, size_t index) {
  const Json& value = merges.json()[index];
  if (value.is_array() && value.size() == 2 && value[0].is_string() && value[1].is_string()) {
    return {value[0].get<std::string>(), value[1].get<std::string>()};
  }
  if (value.is_string()) {
    const auto& rule = value.get_ref<const std::string&>();
    const size_t blank = rule.find(' ');
    if (blank != std::string::npos && rule.find(' ', blank + 1) == std::string::npos) {
      return {rule.substr(0, blank), rule.substr(blank + 1)};
    }
  }
  merges.at(index).fail("must be two tokens, as [\"a\", \"b\"] or \"a b\"");
}

void read_model(const Field& model, TokenizerFile& file) {
  if (model.is_null()) model.fail("is missing");
  const Field type = model["type"];
  if (!type.is_null() && type.string() != "BPE") {
    model.fail("of type \"" + type.string() + "\" is not supported; it must be \"BPE\"");
  }
  for (const char* key : {"unk_token", "continuing_subword_prefix", "end_of_word_suffix"}) {
    require_null_or_empty(model[key]);
  }
  const Field dropout = model["dropout"];
  if (!dropout.is_null() && dropout.json() != 0) dropout.fail("is set, which is not supported");
  require_off(model["byte_fallback"]);
  file.ignore_merges = model["ignore_merges"].flag(false);
  file.vocabulary = read_vocabulary(model["vocab"]);
  const Field merges = model["merges"];
  const size_t count = merges.array_size();
  file.merges.reserve(count);
  for (size_t i = 0; i < count; ++i) file.merges.push_back(read_merge(merges, i));
}

std::string read_text(const std::filesystem::path& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) {
    throw EngineError(DSOCR_NOT_FOUND, path.string() + " does not exist; put the checkpoint's tokenizer.json there.");
  }
  if (status.type() != std::filesystem::file_type::regular) {
    throw CheckpointError(path.string() + " is not a file that can be read.");
  }
  const uintmax_t bytes = std::filesystem::file_size(path, error);
  if (error) throw CheckpointError(path.string() + " cannot be read: " + error.message() + ".");
  if (bytes > kMaxFileBytes) {
    throw CheckpointError(path.string() + " has " + std::to_string(bytes) +
                          " bytes, more than the 256 MiB that a tokenizer may have.");
  }
  std::string text(static_cast<size_t>(bytes), '\0');
  std::ifstream stream(path, std::ios::binary);
  if (!stream.read(text.data(), static_cast<std::streamsize>(text.size()))) {
    throw CheckpointError(path.string() + " cannot be read; check its permissions.");
  }
  return text;
}

}  // namespace

TokenizerFile parse_tokenizer_file(std::string_view text, const std::string& origin) {
  Json json;
  try {
    json = Json::parse(text);
  } catch (const Json::parse_error& error) {
    throw CheckpointError(origin + " is not JSON: byte " + std::to_string(error.byte) + " is not what it should be.");
  }
  const Field root(json, "", origin);
  check_normalizer(root["normalizer"]);
  check_decoder(root["decoder"]);
  TokenizerFile file;
  file.splits = read_splits(root["pre_tokenizer"]);
  file.added_tokens = read_added_tokens(root["added_tokens"]);
  read_model(root["model"], file);
  return file;
}

TokenizerFile read_tokenizer_file(const std::filesystem::path& path) {
  return parse_tokenizer_file(read_text(path), path.string());
}

}  // namespace deepseekocr
