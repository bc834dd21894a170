// SPDX-License-Identifier: MIT
#include "operations/cpu/rounded_buffer.h"

#include <algorithm>

#include "operations/cpu/packed.h"

namespace deepseekocr::operations::cpu {
int64_t group_bytes(PackedFormat format) {
  if (format == PackedFormat::int8) return kernels::kInputBytes<kernels::Int8>;
  return format == PackedFormat::int8x8 ? kernels::kInputBytes<kernels::Int8x8> : kernels::kInputBytes<kernels::Int4>;
}

int64_t group_count(PackedFormat format, int64_t columns) {
  if (format == PackedFormat::int8) return kernels::group_count<kernels::Int8>(columns);
  return format == PackedFormat::int8x8 ? kernels::group_count<kernels::Int8x8>(columns)
                                        : kernels::group_count<kernels::Int4>(columns);
}

kernels::RoundedRows RoundedBuffer::take(int64_t rows, int64_t groups, int64_t group) {
  return {grown(numbers_, rows * groups * group), grown(scales_, rows * groups), grown(sums_, rows * groups), groups};
}

kernels::RoundedRows RoundedBuffer::round(Rows<const float> x, int64_t rows, int64_t length, PackedFormat format) {
  const int64_t group = group_bytes(format);
  const kernels::RoundedRows out = take(rows, group_count(format, length), group);
  const kernels::PanelKernels& kernel = panel_kernels(format);
  constexpr int64_t kPart = 8;  // a row takes about a microsecond: few are not worth sharing
  team().run((rows + kPart - 1) / kPart, [&](int64_t part) {
    const int64_t first = part * kPart;
    kernel.round_inputs({x.data + first * x.stride, x.stride}, std::min(kPart, rows - first), length,
                        out.from(first, group));
  });
  return out;
}

kernels::RoundedRows RoundedBuffer::gather(const kernels::RoundedRows& x, std::span<const int64_t> pairs, int64_t k,
                                           int64_t group) {
  const kernels::RoundedRows sorted = take(std::ssize(pairs), x.groups, group);
  for_rows(std::ssize(pairs), [&](int64_t place) {
    const kernels::RoundedRows from = x.from(pairs[static_cast<size_t>(place)] / k, group),
                               to = sorted.from(place, group);
    std::copy_n(from.numbers, x.groups * group, to.numbers);
    std::copy_n(from.scales, x.groups, to.scales);
    std::copy_n(from.sums, x.groups, to.sums);
  });
  return sorted;
}

}  // namespace deepseekocr::operations::cpu
