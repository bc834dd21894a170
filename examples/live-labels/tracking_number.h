// SPDX-License-Identifier: MIT
// Shipment numbers: their forms and check digits, as the carriers publish them or the community knows them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace live_labels {

/// A string that has the form of a shipment number.
struct TrackingNumber {
  std::string value;                 ///< normalised
  std::vector<std::string> schemes;  ///< whose check digit holds; empty: of none

  /// A plausible number need not be a right one: about one in ten random digit strings passes, and UPS does not see one
  /// in seven misread characters.  Only agreement of reads, or with a barcode, confirms.
  bool plausible() const { return !schemes.empty(); }
  bool operator==(const TrackingNumber&) const = default;
};

/// Upper case, without blanks, hyphens and brackets, without the symbology identifier and the FNC1 that barcode readers
/// report, and without what is not part of the number: the application identifier (00) before an SSCC, 420 and the ZIP
/// code before a USPS number.
std::string normalise(std::string_view text);

/// Whether the value has the form of a known scheme, its check digit aside.
bool has_known_form(std::string_view value);

/// The schemes whose form and check digit a normalised value has: sscc, ups, s10, fedex-express, fedex-ground, usps,
/// dhl, dpd.
std::vector<std::string> matching_schemes(std::string_view value);

/// The numbers in a line of a label, in their order: runs of blank-separated groups that together have a known form,
/// and what follows the word "tracking" whatever its form.  ASCII; other characters separate.
std::vector<TrackingNumber> find_tracking_numbers(std::string_view line);

}  // namespace live_labels
