// SPDX-License-Identifier: MIT
// How often an answer with a draft differs from the one without, and how sure the model was where they part.
//
//   draft-agreement CHECKPOINT [fp32|bf16|int8|int4] [SCENES] [cpu|cuda:N] [auto|native|int8]
//
// SCENES random pictures and prompts (20 without it), ten drafts each.  The last argument says how caches are kept.  In
// fp32 none differs; in fewer bits products of many rows and of few are rounded differently, which shows where two ids
// are nearly equally good.  The margin is that of the answer without a draft at the first id that differs, in standard
// deviations of the logits.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "tools/draft_pairs.h"
#include "tools/kv_cache_name.h"

namespace {

using namespace deepseekocr;
using namespace deepseekocr::test;

struct Count {
  int pairs = 0, differ = 0;
};

DsocrPrecision precision_of(const std::string& name) {
  if (name == "bf16") return DSOCR_PRECISION_BF16;
  if (name == "int8") return DSOCR_PRECISION_INT8;
  if (name == "int4") return DSOCR_PRECISION_INT4;
  return DSOCR_PRECISION_FP32;
}

/// Prints where two answers part.
void print_difference(size_t scene, const std::string& kind, const SceneAnswer& drafted, const SceneAnswer& plain) {
  const auto parted = std::mismatch(drafted.ids.begin(), drafted.ids.end(), plain.ids.begin(), plain.ids.end()).second;
  const auto place = static_cast<size_t>(parted - plain.ids.begin());
  std::printf("scene %zu, %s: id %zu of %zu", scene, kind.c_str(), place, plain.ids.size());
  if (place < plain.margins.size()) std::printf(", margin %.4f", static_cast<double>(plain.margins[place]));
  std::printf("\n");
}

void compare(ModelRunner& model, size_t scenes) {
  std::mt19937 random(20);
  std::map<std::string, Count> counts;
  Count all;
  for (size_t i = 0; i < scenes; ++i) {
    const Scene scene = random_scene(model, random, i);
    const SceneAnswer plain = read(model, scene, {});
    for (const NamedDraft& draft : drafts_of(plain.ids, scene, model.config().decoder.vocab_size, random)) {
      const SceneAnswer drafted = read(model, scene, draft.ids);
      const bool differs = drafted.ids != plain.ids || drafted.reason != plain.reason;
      for (Count* count : {&counts[draft.kind], &all}) {
        ++count->pairs;
        count->differ += differs ? 1 : 0;
      }
      if (differs) print_difference(i, draft.kind, drafted, plain);
    }
  }
  for (const auto& [kind, count] : counts)
    std::printf("%-26s %3d of %3d differ\n", kind.c_str(), count.differ, count.pairs);
  std::printf("%-26s %3d of %3d differ (%.1f %%)\n", "all", all.differ, all.pairs, 100.0 * all.differ / all.pairs);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr,
                 "usage: draft-agreement CHECKPOINT [fp32|bf16|int8|int4] [SCENES] [cpu|cuda:N] "
                 "[auto|native|int8]\n");
    return 2;
  }
  ModelOptions options;
  options.model_path = argv[1];
  options.precision = precision_of(argc > 2 ? argv[2] : "fp32");
  options.device = argc > 4 ? argv[4] : "cpu";
  try {
    options.kv_cache = parse_kv_cache(argc > 5 ? argv[5] : "auto");
    const CancelFlag never{false};
    const auto model = load_model(options, {}, never);
    std::printf("%s, %s, %s, caches in %s\n", argv[1], model->precision().c_str(), model->device().c_str(),
                model->kv_cache().c_str());
    compare(*model, argc > 3 ? static_cast<size_t>(std::max(1, std::atoi(argv[3]))) : 20);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
