// SPDX-License-Identifier: MIT
// Threads that share one piece of work after another.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace deepseekocr::kernels {

/// A caller and its helpers.  Pieces of work follow each other within microseconds, so a helper looks for the next one
/// for a short while before it sleeps.  A helper that comes late is not waited for: the others have done its part.
/// One thread calls; it owns the team.
class Team {
 public:
  /// @param size  the caller included, at least 1
  explicit Team(int size);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  int size() const { return static_cast<int>(helpers_.size()) + 1; }

  /// Calls work(i) once for each i < count, in any order, by any member; returns when all are done.  `work` must not
  /// throw and not call run().
  template <typename Work>
  void run(int64_t count, const Work& work) {
    const auto call = [](const void* data, int64_t i) { (*static_cast<const Work*>(data))(i); };
    share({call, &work, count});
  }

 private:
  struct Job {
    void (*call)(const void* work, int64_t i) = nullptr;
    const void* work = nullptr;
    int64_t count = 0;
  };

  void share(const Job& job);
  void do_parts(const Job& job);
  void help();
  bool wait_for_job(uint32_t* seen);

  Job job_;                        ///< constant while `state_` is open or has members
  std::atomic<int64_t> next_ = 0;  ///< the part that is taken next
  /// Bit 0: open, a helper may join.  Bits 1 to 15: helpers that have joined.  From bit 16 on: the number of the job.
  std::atomic<uint32_t> state_ = 0;
  std::atomic<bool> ending_ = false;
  std::vector<std::thread> helpers_;
};

}  // namespace deepseekocr::kernels
