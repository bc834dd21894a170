// SPDX-License-Identifier: MIT
#include "model/head.h"

#include <algorithm>
#include <utility>

namespace deepseekocr {
namespace {

constexpr const char* kHeadName = "lm_head.weight";

operations::PackedHead load_packed(WeightLoader& loader) {
  operations::PackedHead head;
  operations::RowLoss loss;
  head.weights = loader.load_int8(kHeadName, loss);
  head.errors = std::move(loss.errors);
  head.largest_norm = *std::max_element(loss.norms.begin(), loss.norms.end());
  head.exact = [checkpoint = loader.checkpoint()](int64_t first, int64_t count, float* out) {
    checkpoint.read_rows(kHeadName, first, count, ElementType::f32, out);
  };
  return head;
}

}  // namespace

Head::Head(WeightLoader& loader) {
  if (loader.packs()) {
    packed_ = load_packed(loader);
  } else {
    dense_ = loader.load(kHeadName);
  }
}

at::Tensor Head::logits(const at::Tensor& normed) const {
  return packed_ ? operations::logits(normed, *packed_) : operations::logits(normed, dense_);
}

std::vector<operations::Choice> Head::choose(const at::Tensor& normed, std::span<const std::span<const int32_t>> banned,
                                             std::span<const int32_t> expected) const {
  if (packed_) return operations::choose(normed, *packed_, banned, expected);
  const at::Tensor all = logits(normed);
  const auto size = static_cast<size_t>(all.size(1));
  std::vector<operations::Choice> choices;
  for (size_t i = 0; i < banned.size(); ++i) {
    choices.push_back(operations::choose({all.const_data_ptr<float>() + i * size, size}, banned[i]));
    if (i < expected.size() && choices.back().id != expected[i]) break;
  }
  return choices;
}

}  // namespace deepseekocr
