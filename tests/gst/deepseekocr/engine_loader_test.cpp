// SPDX-License-Identifier: MIT
// Where the plugin looks for the engine and for the bundled checkpoint.  Nothing is installed where this test was told
// that it would be, so that the folder of the plugin decides.
#include "deepseekocr/engine_loader.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace deepseekocr::plugin {
namespace {

namespace fs = std::filesystem;

/// A tree as an installation makes it, the working directory, and no wishes in the environment.
class EngineLoader : public testing::Test {
 protected:
  void SetUp() override {
    unsetenv("DEEPSEEKOCR_MODEL");
    unsetenv("DEEPSEEKOCR_ENGINE");
    std::string pattern = testing::TempDir() + "/engine-loader-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    before_ = fs::current_path();
    fs::current_path(pattern);
    root_ = fs::current_path();
    fs::create_directories(kModel);
  }
  void TearDown() override {
    fs::current_path(before_);
    fs::remove_all(root_);
  }

  static constexpr const char* kModel = "share/deepseekocr/models/" DEEPSEEKOCR_MODEL_NAME;
  fs::path before_, root_;
};

TEST_F(EngineLoader, TheCheckpointIsFoundFromTheFolderOfPlugins) {
  EXPECT_EQ(default_model_path(root_ / "lib/gstreamer-1.0"), root_ / kModel);
  EXPECT_EQ(default_model_path(root_ / "lib/arch/gstreamer-1.0"), root_ / kModel);
}

TEST_F(EngineLoader, TheFolderMayBeRelative) {
  EXPECT_EQ(default_model_path("lib/gstreamer-1.0"), root_ / kModel);
  EXPECT_EQ(default_model_path("lib/arch/gstreamer-1.0"), root_ / kModel);
}

TEST_F(EngineLoader, TheEnvironmentDecidesFirst) {
  setenv("DEEPSEEKOCR_MODEL", "somewhere", 1);
  EXPECT_EQ(default_model_path("lib/gstreamer-1.0"), "somewhere");
}

TEST_F(EngineLoader, WithoutACheckpointItIsWhereItWouldBeInstalled) {
  EXPECT_EQ(default_model_path("else/where/with/plugins"), DEEPSEEKOCR_MODEL_PATH);
  EXPECT_EQ(default_model_path(""), DEEPSEEKOCR_MODEL_PATH);
}

TEST_F(EngineLoader, AnEngineThatIsMissingIsToldWithItsPlaces) {
  std::string error;
  EXPECT_EQ(load_engine("lib/gstreamer-1.0", &error), nullptr);
  EXPECT_NE(error.find(DEEPSEEKOCR_ENGINE_PATH), std::string::npos) << error;
  EXPECT_NE(error.find((root_ / "lib" / DEEPSEEKOCR_ENGINE_FILE).string()), std::string::npos) << error;
}

}  // namespace
}  // namespace deepseekocr::plugin
