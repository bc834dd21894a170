// SPDX-License-Identifier: MIT
#include "report_json.h"

#include <nlohmann/json.hpp>

namespace live_labels {
namespace {

using Json = nlohmann::ordered_json;

Json number_object(const TrackingNumber& number) {
  return {{"value", number.value}, {"check-digit-of", number.schemes}};
}

Json number_or_null(const NumberVerdict& verdict) {
  if (verdict.agreement == Agreement::none) return nullptr;
  Json number = number_object(verdict.number);
  number["agreement"] = agreement_name(verdict.agreement);
  number["agreeing-reads"] = verdict.agreeing_reads;
  number["agreeing-weight"] = verdict.agreeing_weight;
  if (verdict.agreement == Agreement::conflict) number["barcode"] = number_object(verdict.other);
  return number;
}

}  // namespace

std::string report_json(const Report& report) {
  const LabelState& label = report.label;
  Json object = {{"id", report.id},
                 {"state", stage_name(report.stage)},
                 {"start", label.first},
                 {"end", label.last},
                 {"number", number_or_null(label.number)},
                 {"text", label.text},
                 {"agreement", label.agreement},
                 {"reads", label.reads},
                 {"best-read", label.best_read},
                 {"confidence", label.confidence},
                 {"barcodes", Json::array()}};
  for (const Barcode& barcode : label.barcodes) {
    object["barcodes"].push_back({{"type", barcode.type}, {"content", barcode.content}});
  }
  // Barcodes may hold any bytes.
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace live_labels
