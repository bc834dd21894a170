// SPDX-License-Identifier: MIT
// The JSON header of a safetensors file.  Parsed as a stream of events: a header may be 100 MB long, and a document
// tree of it many times that.
#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "checkpoint/error.h"
#include "checkpoint/json_document.h"
#include "checkpoint/safetensors.h"

namespace deepseekocr {
namespace {

using nlohmann::json;

struct StorageFormat {
  StorageType type;
  const char* name;
  size_t size;
};

constexpr std::array<StorageFormat, 15> storage_formats = {{
    {StorageType::boolean, "BOOL", 1},
    {StorageType::u8, "U8", 1},
    {StorageType::i8, "I8", 1},
    {StorageType::f8_e4m3, "F8_E4M3", 1},
    {StorageType::f8_e5m2, "F8_E5M2", 1},
    {StorageType::u16, "U16", 2},
    {StorageType::i16, "I16", 2},
    {StorageType::f16, "F16", 2},
    {StorageType::bf16, "BF16", 2},
    {StorageType::u32, "U32", 4},
    {StorageType::i32, "I32", 4},
    {StorageType::f32, "F32", 4},
    {StorageType::u64, "U64", 8},
    {StorageType::i64, "I64", 8},
    {StorageType::f64, "F64", 8},
}};

const StorageFormat& format_of(StorageType type) {
  return *std::find_if(storage_formats.begin(), storage_formats.end(),
                       [type](const StorageFormat& format) { return format.type == type; });
}

/// Takes the events of the JSON parser and collects entries; offsets stay relative to the first data byte.
class HeaderReader : public nlohmann::json_sax<json> {
 public:
  HeaderReader(std::string_view text, const std::string& origin) : text_(text), origin_(origin) {}

  std::vector<SafetensorsEntry> take() { return std::move(entries_); }

  bool null() override { unexpected("null"); }
  bool boolean(bool /*value*/) override { unexpected("a truth value"); }
  bool number_integer(number_integer_t value) override { unexpected("the number " + std::to_string(value)); }
  bool number_float(number_float_t /*value*/, const string_t& text) override {
    unexpected("the number " + quote(text));
  }
  bool binary(binary_t& /*value*/) override { unexpected("binary data"); }

  bool number_unsigned(number_unsigned_t value) override {
    if (place_ == Place::shape) {
      if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
        unexpected("the number " + std::to_string(value));
      entry_.shape.push_back(static_cast<int64_t>(value));
    } else if (place_ == Place::offsets && offset_count_ < 2) {
      offsets_[offset_count_++] = value;
    } else {
      unexpected("the number " + std::to_string(value));
    }
    return true;
  }

  bool string(string_t& value) override {
    if (place_ == Place::metadata) return true;
    if (place_ != Place::tensor || field_ != "dtype") unexpected("the text " + quote(value));
    const auto* format = std::find_if(storage_formats.begin(), storage_formats.end(),
                                      [&value](const StorageFormat& known) { return value == known.name; });
    if (format == storage_formats.end())
      fail("has the dtype " + quote(value) + ", which is unknown; expected F32, F16, BF16 or another of safetensors");
    entry_.type = format->type;
    return true;
  }

  bool start_object(size_t /*elements*/) override {
    switch (place_) {
      case Place::outside:
        place_ = Place::top;
        return true;
      case Place::top:
        place_ = key_ == "__metadata__" ? Place::metadata : Place::tensor;
        return true;
      default:
        unexpected("an object");
    }
  }

  bool key(string_t& value) override {
    if (place_ == Place::top) {
      key_ = value;
      entry_ = {};
      entry_.name = value;
      seen_ = {};
    } else if (place_ == Place::tensor) {
      field_ = value;
      const auto* known = std::find(field_names.begin(), field_names.end(), field_);
      if (known == field_names.end()) fail("has the unknown field " + quote(field_));
      if (std::exchange(seen_[static_cast<size_t>(known - field_names.begin())], true))
        fail("has the field " + quote(field_) + " twice");
    }
    return true;
  }

  bool end_object() override {
    if (place_ == Place::tensor) finish_entry();
    place_ = place_ == Place::top ? Place::outside : Place::top;
    return true;
  }

  bool start_array(size_t /*elements*/) override {
    if (place_ == Place::tensor && field_ == "shape") {
      place_ = Place::shape;
    } else if (place_ == Place::tensor && field_ == "data_offsets") {
      place_ = Place::offsets;
      offset_count_ = 0;
    } else {
      unexpected("a list");
    }
    return true;
  }

  bool end_array() override {
    if (place_ == Place::offsets && offset_count_ != 2) fail("has data_offsets that are not two numbers");
    place_ = Place::tensor;
    return true;
  }

  bool parse_error(size_t position, const std::string& /*token*/, const nlohmann::detail::exception& error) override {
    if (dynamic_cast<const json::out_of_range*>(&error)) fail("holds a number that is too large");
    throw CheckpointError(malformed_json_message(text_, position, "The header of " + origin_));
  }

 private:
  enum class Place { outside, top, metadata, tensor, shape, offsets };
  static constexpr std::array<std::string_view, 3> field_names = {"dtype", "shape", "data_offsets"};

  [[noreturn]] void fail(const std::string& what) const {
    throw CheckpointError(origin_ + ": the tensor " + quote(key_) + " " + what + "; the file is damaged.");
  }
  [[noreturn]] void unexpected(const std::string& what) const {
    if (place_ == Place::outside) throw CheckpointError("The header of " + origin_ + " is not a JSON object.");
    fail("has " + what + " where the safetensors format has something else");
  }

  void finish_entry() {
    for (size_t i = 0; i < seen_.size(); ++i)
      if (!seen_[i]) fail("has no field " + quote(field_names[i]));
    if (offsets_[0] > offsets_[1])
      fail("ends at byte " + std::to_string(offsets_[1]) + ", before its start " + std::to_string(offsets_[0]));
    entry_.offset = offsets_[0];
    entry_.bytes = offsets_[1] - offsets_[0];
    const std::optional<uint64_t> expected = expected_bytes();
    if (!expected) fail("has a shape whose size exceeds 64 bits");
    if (*expected != entry_.bytes)
      fail("has " + std::to_string(entry_.bytes) + " bytes, but its shape and dtype need " + std::to_string(*expected));
    entries_.push_back(std::move(entry_));
    entry_ = {};
  }

  /// Bytes that shape and dtype ask for; nothing if 64 bits do not hold them.
  std::optional<uint64_t> expected_bytes() const {
    if (std::find(entry_.shape.begin(), entry_.shape.end(), 0) != entry_.shape.end()) return 0;
    uint64_t bytes = storage_size(entry_.type);
    for (const int64_t extent : entry_.shape)
      if (__builtin_mul_overflow(bytes, static_cast<uint64_t>(extent), &bytes)) return std::nullopt;
    return bytes;
  }

  std::string_view text_;
  const std::string& origin_;
  std::vector<SafetensorsEntry> entries_;
  Place place_ = Place::outside;
  std::string key_;             // of the top object: the tensor at hand
  std::string field_;           // of the tensor's object
  std::array<bool, 3> seen_{};  // which of field_names the tensor at hand has
  SafetensorsEntry entry_;
  std::array<uint64_t, 2> offsets_{};
  size_t offset_count_ = 0;
};

void check_names(const std::vector<SafetensorsEntry>& entries, const std::string& origin) {
  std::vector<std::string_view> names;
  names.reserve(entries.size());
  for (const SafetensorsEntry& entry : entries) names.emplace_back(entry.name);
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end())
    throw CheckpointError(origin + " names the tensor " + quote(*twice) + " twice; the file is damaged.");
}

void check_offsets(const std::vector<SafetensorsEntry>& entries, uint64_t data_size, const std::string& origin) {
  std::vector<const SafetensorsEntry*> by_offset;
  for (const SafetensorsEntry& entry : entries) {
    const uint64_t end = entry.offset + entry.bytes;  // data_offsets[1], so it fits
    if (end > data_size)
      throw CheckpointError(origin + " is cut off: the tensor " + quote(entry.name) + " ends at data byte " +
                            std::to_string(end) + ", but the file holds " + std::to_string(data_size) +
                            " bytes of data; fetch it again.");
    if (entry.bytes > 0) by_offset.push_back(&entry);
  }
  std::sort(by_offset.begin(), by_offset.end(), [](const auto* a, const auto* b) { return a->offset < b->offset; });
  const auto overlap = std::adjacent_find(by_offset.begin(), by_offset.end(), [](const auto* a, const auto* b) {
    return b->offset < a->offset + a->bytes;
  });
  if (overlap != by_offset.end())
    throw CheckpointError(origin + ": the tensors " + quote((*overlap)->name) + " and " +
                          quote((*std::next(overlap))->name) + " overlap; the file is damaged.");
}

}  // namespace

size_t storage_size(StorageType type) {
  return format_of(type).size;
}

const char* storage_name(StorageType type) {
  return format_of(type).name;
}

std::optional<ElementType> element_type_of(StorageType type) {
  switch (type) {
    case StorageType::f32:
      return ElementType::f32;
    case StorageType::f16:
      return ElementType::f16;
    case StorageType::bf16:
      return ElementType::bf16;
    default:
      return std::nullopt;
  }
}

std::string shape_text(const std::vector<int64_t>& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

std::vector<SafetensorsEntry> parse_safetensors_header(std::string_view header, uint64_t file_size,
                                                       const std::string& origin) {
  const uint64_t data_begin = 8 + header.size();
  if (file_size < data_begin) throw CheckpointError(origin + " ends inside its header: it is cut off, fetch it again.");
  HeaderReader reader(header, origin);
  json::sax_parse(header, &reader);
  std::vector<SafetensorsEntry> entries = reader.take();
  check_names(entries, origin);
  check_offsets(entries, file_size - data_begin, origin);
  for (SafetensorsEntry& entry : entries) entry.offset += data_begin;
  return entries;
}

}  // namespace deepseekocr
