// SPDX-License-Identifier: MIT
// The whole program on an engine that answers what the environment says.
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace {

struct Outcome {
  int status = -1;
  std::vector<nlohmann::json> lines;
  std::string errors;
};

Outcome run(std::vector<std::string> arguments, const std::string& text = "") {
  GSubprocessLauncher* launcher = g_subprocess_launcher_new(
      static_cast<GSubprocessFlags>(G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE));
  g_subprocess_launcher_setenv(launcher, "DEEPSEEKOCR_FAKE_TEXT", text.c_str(), TRUE);
  arguments.insert(arguments.begin(), LIVE_LABELS);
  std::vector<const gchar*> argv;
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  argv.push_back(nullptr);
  Outcome outcome;
  GError* error = nullptr;
  GSubprocess* process = g_subprocess_launcher_spawnv(launcher, argv.data(), &error);
  g_object_unref(launcher);
  if (process == nullptr) {
    ADD_FAILURE() << error->message;
    g_clear_error(&error);
    return outcome;
  }
  gchar* output = nullptr;
  gchar* errors = nullptr;
  EXPECT_TRUE(g_subprocess_communicate_utf8(process, nullptr, nullptr, &output, &errors, nullptr));
  outcome.status = g_subprocess_get_if_exited(process) ? g_subprocess_get_exit_status(process) : -1;
  outcome.errors = errors != nullptr ? errors : "";
  std::string rest = output != nullptr ? output : "";
  for (size_t end = rest.find('\n'); end != std::string::npos; end = rest.find('\n')) {
    outcome.lines.push_back(nlohmann::json::parse(rest.substr(0, end)));
    rest.erase(0, end + 1);
  }
  EXPECT_EQ(rest, "");
  g_free(errors);
  g_free(output);
  g_object_unref(process);
  return outcome;
}

TEST(LiveLabels, StandingLabelIsOneLine) {
  const Outcome outcome = run({"--input", "videotest"}, "DELIVER TO\nTracking RA 473 124 829 US");
  ASSERT_EQ(outcome.status, 0) << outcome.errors;
  ASSERT_EQ(outcome.lines.size(), 1U);
  const nlohmann::json& line = outcome.lines[0];
  EXPECT_EQ(line["state"], "final");
  EXPECT_EQ(line["text"], "DELIVER TO\nTracking RA 473 124 829 US");
  EXPECT_EQ(line["number"]["value"], "RA473124829US");
  EXPECT_EQ(line["number"]["agreement"], "text-checked");
  EXPECT_EQ(line["start"], 0);
  EXPECT_EQ(line["reads"], 50);  // ten seconds, five frames each
}

TEST(LiveLabels, AllStatesBeginWithTheFirst) {
  const Outcome outcome = run({"--input", "videotest", "--all-states"}, "ORDER 58213");
  ASSERT_EQ(outcome.status, 0) << outcome.errors;
  ASSERT_EQ(outcome.lines.size(), 2U);
  EXPECT_EQ(outcome.lines[0]["state"], "first");
  EXPECT_EQ(outcome.lines[1]["state"], "final");
}

TEST(LiveLabels, NumbersOnlyIsSilentWithoutOne) {
  const Outcome outcome = run({"--input", "videotest", "--numbers-only"}, "FRAGILE");
  EXPECT_EQ(outcome.status, 0) << outcome.errors;
  EXPECT_TRUE(outcome.lines.empty());
}

TEST(LiveLabels, NoTextIsNoLine) {
  const Outcome outcome = run({"--input", "videotest", "--no-barcodes"}, "");
  EXPECT_EQ(outcome.status, 0) << outcome.errors;
  EXPECT_TRUE(outcome.lines.empty());
}

TEST(LiveLabels, BadArgumentsAreOneSentence) {
  const std::pair<std::vector<std::string>, const char*> cases[] = {
      {{}, "--input is missing"},
      {{"--input", "/no/such/file.mp4"}, "/no/such/file.mp4"},
      {{"--input", "videotest", "--min-reads", "0"}, "--min-reads is 0"},
      {{"--input", "videotest", "--rate", "0"}, "--rate is 0"},
      {{"--input", "videotest", "--cooldown", "-1"}, "--cooldown"},
      {{"--input", "videotest", "--frobnicate"}, "--frobnicate"},
      {{"--input", "videotest", "more"}, "more"},
      {{"--input", "videotest", "--area", "1,2,3"}, "area"},
      {{"--input", "videotest", "--model", "/no/such/model"}, "/no/such/model"},
      {{"--input", LIVE_LABELS}, ""},
  };
  for (const auto& [arguments, named] : cases) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.status, 1) << named;
    EXPECT_NE(outcome.errors.find(std::string("deepseekocr-live-labels: ")), std::string::npos) << outcome.errors;
    EXPECT_NE(outcome.errors.find(named), std::string::npos) << outcome.errors;
    EXPECT_TRUE(outcome.lines.empty());
  }
}

TEST(LiveLabels, SoundAloneIsOneSentence) {
  gchar* path = nullptr;
  const gint file = g_file_open_tmp("live-labels-XXXXXX.wav", &path, nullptr);
  ASSERT_GE(file, 0);
  g_close(file, nullptr);
  // One second of silence: 8000 samples of 8 bits.
  std::string sound("RIFF\x64\x1f\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x40\x1f\0\0\1\0\x08\0data\x40\x1f\0\0", 44);
  sound.append(8000, '\x80');
  EXPECT_TRUE(g_file_set_contents(path, sound.data(), static_cast<gssize>(sound.size()), nullptr));
  const Outcome outcome = run({"--input", path});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.errors.find("no video"), std::string::npos) << outcome.errors;
  g_unlink(path);
  g_free(path);
}

}  // namespace
