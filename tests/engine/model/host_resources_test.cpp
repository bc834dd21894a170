// SPDX-License-Identifier: MIT
#include "model/host_resources.h"

#include <cstdint>
#include <limits>

#include "tools/expect_error.h"
#include "tools/temporary_folder.h"

namespace deepseekocr::test {
namespace {

/// A /proc and /sys of our own.
class HostResources : public testing::Test {
 protected:
  void add(const std::string& name, const std::string& text) const {
    const std::filesystem::path path = root_ / name;
    std::filesystem::create_directories(path.parent_path());
    write_file(path, text);
  }
  TemporaryFolder root_;
};

TEST_F(HostResources, KnowNothingWithoutFiles) {
  EXPECT_EQ(available_memory(root_.path()), std::numeric_limits<uint64_t>::max());
  EXPECT_GE(available_cores(root_.path()), 1);
}

TEST_F(HostResources, ReadWhatTheKernelCallsAvailable) {
  add("proc/meminfo", "MemTotal:       4000 kB\nMemFree:         100 kB\nMemAvailable:    3000 kB\n");
  EXPECT_EQ(available_memory(root_.path()), 3000U * 1024);
}

TEST_F(HostResources, CountTheFileCacheOfAControlGroupAsFree) {
  add("proc/meminfo", "MemAvailable:    3000 kB\n");
  add("proc/self/cgroup", "0::/box/inner\n");
  add("sys/fs/cgroup/box/memory.max", "1000000\n");
  add("sys/fs/cgroup/box/memory.current", "900000\n");
  add("sys/fs/cgroup/box/memory.stat", "anon 500000\ninactive_file 300000\n");
  add("sys/fs/cgroup/box/inner/memory.max", "max\n");
  add("sys/fs/cgroup/box/inner/memory.current", "900000\n");
  EXPECT_EQ(available_memory(root_.path()), 400000U);  // limit − (current − inactive_file)
}

TEST_F(HostResources, AFullControlGroupLeavesNothing) {
  add("proc/self/cgroup", "0::/\n");
  add("sys/fs/cgroup/memory.max", "1000\n");
  add("sys/fs/cgroup/memory.current", "2000\n");
  EXPECT_EQ(available_memory(root_.path()), 0U);
}

TEST_F(HostResources, UnderstandControlGroupsOfVersion1) {
  add("proc/self/cgroup", "5:cpu,cpuacct:/box\n4:memory:/box\n");
  add("sys/fs/cgroup/memory/box/memory.limit_in_bytes", "1000000\n");
  add("sys/fs/cgroup/memory/box/memory.usage_in_bytes", "250000\n");
  add("sys/fs/cgroup/memory/box/memory.stat", "total_inactive_file 50000\n");
  add("sys/fs/cgroup/cpu/box/cpu.cfs_quota_us", "50000\n");
  add("sys/fs/cgroup/cpu/box/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(available_memory(root_.path()), 800000U);
  EXPECT_EQ(available_cores(root_.path()), 1);
}

TEST_F(HostResources, AQuotaLimitsCoresAndMaxDoesNot) {
  const int all = available_cores(root_.path());
  add("proc/self/cgroup", "0::/box\n");
  add("sys/fs/cgroup/box/cpu.max", "max 100000\n");
  EXPECT_EQ(available_cores(root_.path()), all);
  add("sys/fs/cgroup/box/cpu.max", "20000 100000\n");
  EXPECT_EQ(available_cores(root_.path()), 1);
}

TEST(RequireMemory, NamesBothSizes) {
  EXPECT_NO_THROW(require_memory(100, 100, "folder"));
  expect_error(DSOCR_OUT_OF_MEMORY, {"folder", "6.7 GB", "512.0 MB"},
               [] { require_memory(6'672'000'000, 512'000'000, "folder"); });
}

}  // namespace
}  // namespace deepseekocr::test
