// SPDX-License-Identifier: MIT
// deepseekocr-trace: reads one picture, prints what came out and how sure the model was, and writes the tensors of
// every stage for anyone who compares with a reference.

#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tools/trace/options.h"
#include "tools/trace/reading.h"
#include "tools/trace/stage_dump.h"

namespace deepseekocr::trace {
namespace {

/// The largest resident size of this process so far, in bytes; 0 if the kernel does not say.
uint64_t peak_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("VmHWM:", 0) == 0) return std::stoull(line.substr(6)) * 1024;
  }
  return 0;
}

nlohmann::ordered_json to_json(const Reading& reading) {
  nlohmann::ordered_json json;
  json["ids"] = reading.ids;
  if (reading.text) json["text"] = *reading.text;
  json["finish_reason"] = reading.stopped ? "stop" : "length";
  json["margins"] = reading.margins;
  json["log_probabilities"] = reading.log_probabilities;
  json["plan"] = {{"canvas_width", reading.plan.global.width},  {"canvas_height", reading.plan.global.height},
                  {"tile_columns", reading.plan.tiles.columns}, {"tile_rows", reading.plan.tiles.rows},
                  {"image_tokens", reading.image_tokens},       {"prompt_tokens", reading.prompt_tokens}};
  const Timings& t = reading.timings;
  json["timings_ms"] = {{"load", t.load},
                        {"preprocess", t.preprocess},
                        {"vision", t.vision},
                        {"prefill", t.prefill},
                        {"decode", t.decode}};
  json["peak_memory_bytes"] = peak_memory();
  json["device"] = reading.device;
  json["precision"] = reading.precision;
  json["kv_cache"] = reading.kv_cache;
  return json;
}

int run(const std::vector<std::string>& arguments) {
  const Options options = parse_options(arguments);
  if (options.help) {
    std::cout << kHelp;
    return 0;
  }
  StageDump dump;
  const Reading reading = read_picture(options, options.dump.empty() ? nullptr : &dump);
  if (!options.dump.empty()) dump.write(options.dump);
  // "text" comes from the tokenizer as valid UTF-8; anything else would be a defect, never a reason to die here
  std::cout << to_json(reading).dump(1, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
  return std::cout.flush() ? 0 : 1;
}

}  // namespace
}  // namespace deepseekocr::trace

int main(int argc, char** argv) {
  try {
    return deepseekocr::trace::run({argv + 1, argv + argc});
  } catch (const deepseekocr::trace::UsageError& error) {
    std::fprintf(stderr, "deepseekocr-trace: %s\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "deepseekocr-trace: %s\n", error.what());
    return 1;
  }
}
