// SPDX-License-Identifier: MIT
// Decides what the engine does next: which requests are prepared, admitted (vision and prefill) and decoded.
// Knows nothing of threads, pixels or the model, so every decision can be tested with plain calls.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

namespace deepseekocr {

/// What a client asks of the scheduler.
struct ClientPolicy {
  bool live = false;   ///< before clients that are not live
  int batch_size = 8;  ///< sequences decoded together; the largest of the attached clients counts
  std::chrono::nanoseconds batch_timeout{0};  ///< wait for company; the smallest of the attached clients counts
  /// Without work for so long, the model is unloaded; the longest of the attached clients counts.  0: never, the
  /// longest.
  std::chrono::nanoseconds idle_timeout{0};
};

/// Continuous batching over clients.
///
/// A request goes waiting → preparing → prepared → running, and leaves by remove() at any time.  Rules:
///  - Live clients go before the others; after kLiveBurst live choices in a row one of the others is chosen.
///  - Among equals the client that was chosen longest ago is next; inside a client, first come, first served.
///  - Live and other requests have batch_size places each, among the prepared and among the running ones, so that
///    pages that take minutes cannot keep a camera out.  One step still decodes at most batch_size sequences.
///  - A client without a request in such a place always finds one: the long pages of one file cannot keep another out.
///    Then there are more running sequences than one step decodes, and they take turns.
///  - After an admission at least one step is decoded before the next admission, so running answers always advance.
///  - A first request that is not live waits batch_timeout for company while nothing runs.
///  - Drafts of answers are verified while at most kMaxDraftingSequences run, those of the admission included.
///
/// Not thread-safe: the engine calls it under its lock.
class Scheduler {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using ClientId = uint64_t;
  using RequestId = uint64_t;

  static constexpr int kLiveBurst = 8;
  /// More sequences than these read most experts at each step anyway, and would wait for what a draft adds to a
  /// prefill.
  static constexpr size_t kMaxDraftingSequences = 4;

  enum class Stage { waiting, preparing, prepared, running };

  /// What to do now.
  struct Turn {
    enum class Action { idle, admit, decode };
    Action action = Action::idle;
    std::vector<RequestId> requests;
    std::optional<Time> wake_at;  ///< idle: ask again at this time even if nothing happens
    bool may_draft = false;       ///< admit: so few sequences run that drafts are worth their time
  };

  void add_client(ClientId client, const ClientPolicy& policy);
  /// Detaches a client: its policy counts no more.  Requests that it still has stay until remove().
  void remove_client(ClientId client);

  /// A new request, waiting.  The client was added, the id is new.
  void add(ClientId client, RequestId request, Time now);
  /// The request leaves, from whatever stage.  Unknown ids are ignored.
  void remove(RequestId request);

  /// Moves waiting requests to preparing, as many as there are places for.
  std::vector<RequestId> start_preparing();
  /// preparing → prepared.  Ignored for requests that left.
  void set_prepared(RequestId request);

  /// The next action; requests of an admission become running.
  Turn next_turn(Time now);

  std::optional<Stage> stage(RequestId request) const;
  bool empty() const { return requests_.empty(); }
  int batch_size() const;
  std::chrono::nanoseconds batch_timeout() const;
  /// Nothing: the model stays loaded.
  std::optional<std::chrono::nanoseconds> idle_timeout() const;

 private:
  static constexpr size_t kStages = 4;

  struct Client {
    ClientPolicy policy;
    bool attached = true;
    std::array<std::deque<RequestId>, kStages> requests;  // by stage, in order of arrival there
    std::array<uint64_t, kStages> chosen{};               // when it was last chosen out of that stage
    bool empty() const;
    size_t count(Stage stage) const { return requests[static_cast<size_t>(stage)].size(); }
  };
  struct Entry {
    ClientId client = 0;
    Stage stage = Stage::waiting;
    Time arrived;
    uint64_t decoded = 0;  // when it last took part in a step
  };

  /// The stages whose requests share a limit of batch_size places.
  enum class Places { preparation, model };

  Client& client_of(const Entry& entry) { return clients_.at(entry.client); }
  size_t count(Stage stage, bool live) const;
  bool has_place(const Client& client, Places places) const;
  void move(RequestId request, Stage to);
  std::optional<RequestId> choose(Stage from, Places places);
  std::vector<RequestId> choose_step();
  std::vector<RequestId> take_admission();
  std::optional<Time> company_deadline() const;

  std::map<ClientId, Client> clients_;
  std::unordered_map<RequestId, Entry> requests_;
  std::array<int, kStages> live_streak_{};  // live choices in a row while others were there, by stage
  uint64_t clock_ = 0;                      // counts choices
  bool decode_is_due_ = false;              // an admission happened since the last step
};

}  // namespace deepseekocr
