// SPDX-License-Identifier: MIT
#include "label_tracker.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "report_json.h"

namespace live_labels {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;
constexpr const char* kNumber = "RA473124829US";

class LabelTrackerTest : public testing::Test {
 protected:
  void read(double seconds, const std::string& text, double confidence = 0.9) {
    tracker.add({static_cast<uint64_t>(seconds * kSecond), text, confidence, 1});
  }
  void barcode(double seconds, const std::string& content) {
    tracker.add(Barcode{static_cast<uint64_t>(seconds * kSecond), "Code128", content});
  }
  void use(const TrackerOptions& options) { tracker = LabelTracker(options, sink()); }
  LabelTracker::Sink sink() {
    return [this](const Report& report) { reports.push_back(report); };
  }
  std::vector<Report> finals() {
    std::vector<Report> chosen;
    for (const Report& report : reports) {
      if (report.stage == Stage::final) chosen.push_back(report);
    }
    return chosen;
  }

  std::vector<Report> reports;
  LabelTracker tracker{TrackerOptions{}, sink()};
};

TEST_F(LabelTrackerTest, OneReportForEachLabel) {
  for (int parcel = 0; parcel < 3; ++parcel) {
    const std::string text = parcel == 0 ? "FRAGILE\nTHIS SIDE UP" : parcel == 1 ? "ORDER 58213" : "DELIVER TO\nIngrid";
    for (int i = 0; i < 4; ++i) read(5 * parcel + 0.2 * i, text);
    read(5 * parcel + 3, "");
  }
  ASSERT_EQ(finals().size(), 3U);
  EXPECT_EQ(finals()[0].label.text, "FRAGILE\nTHIS SIDE UP");
  EXPECT_EQ(finals()[1].label.text, "ORDER 58213");
  EXPECT_EQ(finals()[2].label.text, "DELIVER TO\nIngrid");
  EXPECT_EQ(finals()[2].id, 3U);
  EXPECT_EQ(finals()[1].label.first, 5 * kSecond);
  EXPECT_EQ(finals()[1].label.last, 5 * kSecond + 600'000'000);
  EXPECT_EQ(finals()[1].label.reads, 4U);
}

TEST_F(LabelTrackerTest, StagesComeInOrder) {
  read(0.0, "ORDER 58213");
  EXPECT_TRUE(reports.empty());  // the first read is not trusted
  read(0.2, "ORDER 58213");
  read(0.4, "ORDER 58213");
  read(0.6, std::string("ORDER 58213\n") + kNumber);
  read(0.8, std::string("ORDER 58213\n") + kNumber);
  tracker.finish();
  std::vector<Stage> stages;
  for (const Report& report : reports) {
    stages.push_back(report.stage);
    EXPECT_EQ(report.id, 1U);
  }
  ASSERT_GE(stages.size(), 3U);
  EXPECT_EQ(stages.front(), Stage::first);
  EXPECT_EQ(stages[1], Stage::improved);
  EXPECT_EQ(stages.back(), Stage::final);
  EXPECT_EQ(reports.back().label.number.agreement, Agreement::text_checked);
}

TEST_F(LabelTrackerTest, MistakesOfSingleReadsAreVotedDown) {
  for (const char* text : {"0RDER 58213\nQTY 12", "ORDER 5B213\nQTY 12", "ORDER 58213\nQTY 12", "ORDER 58213\nQIY 12"})
    read(0.1, text);
  tracker.finish();
  ASSERT_EQ(finals().size(), 1U);
  EXPECT_EQ(finals()[0].label.text, "ORDER 58213\nQTY 12");
}

TEST_F(LabelTrackerTest, WhatIsReadOnceIsNotTold) {
  read(0, "phantom");
  read(2, "");
  read(4, "|||N||");
  tracker.finish();
  EXPECT_TRUE(reports.empty());
}

TEST_F(LabelTrackerTest, LabelIsToldOnceWithinItsCooldown) {
  for (const double start : {0.0, 3.0, 8.0, 40.0}) {
    read(start, kNumber);
    read(start + 0.2, kNumber);
    read(start + 2, "");
  }
  ASSERT_EQ(finals().size(), 2U);  // each sight starts the time anew: 8.2 + 10 < 40
  EXPECT_EQ(finals()[1].label.first, 40 * kSecond);
}

TEST_F(LabelTrackerTest, TwoLabelsAtOnceAreKeptApart) {
  for (int i = 0; i < 5; ++i) {
    read(0.2 * i, "ORDER 58213\nQTY 12");
    read(0.2 * i + 0.1, "FRAGILE\nTHIS SIDE UP");
  }
  tracker.finish();
  ASSERT_EQ(finals().size(), 2U);
  EXPECT_EQ(finals()[0].label.text, "ORDER 58213\nQTY 12");
  EXPECT_EQ(finals()[1].label.text, "FRAGILE\nTHIS SIDE UP");
}

TEST_F(LabelTrackerTest, PartsOfALabelThatPassesAreOneLabel) {
  const char* const parts[] = {"Tracking No. RA", "Tracking No. RA 473 12", "king No. RA 473 124 829",
                               "No. RA 473 124 829 US", ". RA 473 124 829 US"};
  double time = 0;
  for (const char* part : parts) read(time += 0.2, part);
  tracker.finish();
  ASSERT_EQ(finals().size(), 1U);
  EXPECT_EQ(finals()[0].label.number.number.value, kNumber);
  EXPECT_EQ(finals()[0].label.number.agreement, Agreement::text_checked);
}

TEST_F(LabelTrackerTest, BarcodeOfAFrameThatIsNotReadYetWaits) {
  barcode(0.4, kNumber);
  read(0.0, "");
  EXPECT_TRUE(reports.empty());
  read(0.2, kNumber);
  EXPECT_TRUE(reports.empty());
  read(0.4, "Shipment");
  ASSERT_FALSE(reports.empty());
  EXPECT_EQ(reports.back().label.number.agreement, Agreement::confirmed);
}

TEST_F(LabelTrackerTest, BarcodeComesBeforeTheFirstText) {
  barcode(0.0, kNumber);
  read(0.0, "");
  read(0.2, "DELIVER TO Ingrid Vale");
  read(0.4, "DELIVER TO Ingrid Vale");
  tracker.finish();
  ASSERT_EQ(finals().size(), 1U);
  EXPECT_EQ(finals()[0].label.text, "DELIVER TO Ingrid Vale");
  EXPECT_EQ(finals()[0].label.number.agreement, Agreement::barcode);
}

TEST_F(LabelTrackerTest, SameNumberIsNotToldOfTwoLabelsInSight) {
  read(0.0, "|| NN ||");
  read(0.1, "Shipment of goods");
  barcode(0.1, kNumber);
  read(0.2, std::string("|| NN || |") + "\nTracking RA 473 124 829 US");
  for (int i = 3; i < 9; ++i) read(0.1 * i, "Shipment of goods\nTracking RA 473 124 829 US");
  tracker.finish();
  size_t told = 0;
  for (const Report& report : finals()) told += report.label.number.number.value == kNumber ? 1 : 0;
  EXPECT_EQ(told, 1U);
}

TEST_F(LabelTrackerTest, BarcodeAloneIsALabel) {
  barcode(0.5, kNumber);
  read(3, "");
  tracker.finish();
  ASSERT_EQ(finals().size(), 1U);
  EXPECT_EQ(finals()[0].label.number.number.value, kNumber);
  EXPECT_EQ(finals()[0].label.reads, 0U);
}

TEST_F(LabelTrackerTest, NumbersOnlyLeavesOutTheRest) {
  TrackerOptions options;
  options.numbers_only = true;
  use(options);
  read(0, "FRAGILE");
  read(0.2, "FRAGILE");
  read(0.4, kNumber);  // one read is not believed
  tracker.finish();
  EXPECT_TRUE(reports.empty());
}

TEST_F(LabelTrackerTest, TimeMayPassWithoutReads) {
  read(0, kNumber);
  read(0.2, kNumber);
  tracker.advance(kSecond);
  EXPECT_TRUE(finals().empty());
  tracker.advance(2 * kSecond);
  EXPECT_EQ(finals().size(), 1U);
}

TEST_F(LabelTrackerTest, OpenLabelsAreBounded) {
  // None resembles another, and time stands still.
  for (size_t i = 0; i < 3 * LabelTracker::kMostLabels; ++i) {
    const std::string text(8, static_cast<char>('!' + i % 90));
    read(0, text + std::to_string(i));
    read(0, text + std::to_string(i));
  }
  EXPECT_GE(finals().size(), LabelTracker::kMostLabels);
  tracker.finish();
}

TEST_F(LabelTrackerTest, ReportIsOneLineOfJson) {
  read(0, std::string("Käse \"Nr. 1\"\nTracking ") + kNumber, 0.8);
  read(0.5, std::string("Käse \"Nr. 1\"\nTracking ") + kNumber, 0.7);
  barcode(0.5, "RA473124829US");
  barcode(0.5, "\xff\n");
  tracker.finish();
  const std::string line = report_json(finals().at(0));
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto object = nlohmann::json::parse(line);
  EXPECT_EQ(object["id"], 1);
  EXPECT_EQ(object["state"], "final");
  EXPECT_EQ(object["number"]["value"], kNumber);
  EXPECT_EQ(object["number"]["agreement"], "confirmed");
  EXPECT_EQ(object["number"]["check-digit-of"][0], "s10");
  EXPECT_EQ(object["number"]["agreeing-reads"], 2);
  EXPECT_EQ(object["text"], std::string("Käse \"Nr. 1\"\nTracking ") + kNumber);
  EXPECT_EQ(object["reads"], 2);
  EXPECT_EQ(object["confidence"], 0.8);
  EXPECT_EQ(object["end"], kSecond / 2);
  EXPECT_EQ(object["barcodes"].size(), 2U);
}

}  // namespace
}  // namespace live_labels
