// SPDX-License-Identifier: MIT
#include "serving/scheduler.h"

#include <algorithm>

namespace deepseekocr {
namespace {

size_t index_of(Scheduler::Stage stage) {
  return static_cast<size_t>(stage);
}

}  // namespace

bool Scheduler::Client::empty() const {
  return std::all_of(requests.begin(), requests.end(), [](const auto& queue) { return queue.empty(); });
}

void Scheduler::add_client(ClientId client, const ClientPolicy& policy) {
  Client& added = clients_[client];
  added.policy = policy;
  added.attached = true;
}

void Scheduler::remove_client(ClientId client) {
  const auto it = clients_.find(client);
  if (it == clients_.end()) return;
  it->second.attached = false;
  if (it->second.empty()) clients_.erase(it);
}

void Scheduler::add(ClientId client, RequestId request, Time now) {
  clients_.at(client).requests[index_of(Stage::waiting)].push_back(request);
  requests_.emplace(request, Entry{client, Stage::waiting, now, 0});
}

void Scheduler::remove(RequestId request) {
  const auto it = requests_.find(request);
  if (it == requests_.end()) return;
  const ClientId id = it->second.client;
  Client& client = clients_.at(id);
  std::erase(client.requests[index_of(it->second.stage)], request);
  requests_.erase(it);
  if (!client.attached && client.empty()) clients_.erase(id);
}

void Scheduler::move(RequestId request, Stage to) {
  Entry& entry = requests_.at(request);
  Client& client = client_of(entry);
  std::erase(client.requests[index_of(entry.stage)], request);
  client.requests[index_of(to)].push_back(request);
  entry.stage = to;
}

std::optional<Scheduler::Stage> Scheduler::stage(RequestId request) const {
  const auto it = requests_.find(request);
  if (it == requests_.end()) return std::nullopt;
  return it->second.stage;
}

int Scheduler::batch_size() const {
  int size = 1;
  for (const auto& [id, client] : clients_) {
    if (client.attached) size = std::max(size, client.policy.batch_size);
  }
  return size;
}

std::chrono::nanoseconds Scheduler::batch_timeout() const {
  std::optional<std::chrono::nanoseconds> timeout;
  for (const auto& [id, client] : clients_) {
    if (client.attached) timeout = std::min(timeout.value_or(client.policy.batch_timeout), client.policy.batch_timeout);
  }
  return timeout.value_or(std::chrono::nanoseconds(0));
}

std::optional<std::chrono::nanoseconds> Scheduler::idle_timeout() const {
  std::optional<std::chrono::nanoseconds> timeout;
  for (const auto& [id, client] : clients_) {
    if (!client.attached) continue;
    if (client.policy.idle_timeout.count() == 0) return std::nullopt;
    timeout = std::max(timeout.value_or(client.policy.idle_timeout), client.policy.idle_timeout);
  }
  return timeout;
}

size_t Scheduler::count(Stage stage, bool live) const {
  size_t sum = 0;
  for (const auto& [id, client] : clients_) {
    if (client.policy.live == live) sum += client.requests[index_of(stage)].size();
  }
  return sum;
}

// Whether another request of the client may enter these stages: there is room for its kind, or it has none there.
bool Scheduler::has_place(const Client& client, Places places) const {
  const auto limit = static_cast<size_t>(batch_size());
  const bool live = client.policy.live;
  if (places == Places::model) {
    return client.count(Stage::running) == 0 || count(Stage::running, live) < limit;
  }
  const size_t own = client.count(Stage::preparing) + client.count(Stage::prepared);
  return own == 0 || count(Stage::preparing, live) + count(Stage::prepared, live) < limit;
}

// The first request of the client whose turn it is, among those that find a place in the stages ahead.
std::optional<Scheduler::RequestId> Scheduler::choose(Stage from, Places places) {
  std::array<Client*, 2> best{};  // [not live, live]
  for (auto& [id, client] : clients_) {
    if (client.count(from) == 0 || !has_place(client, places)) continue;
    Client*& other = best[client.policy.live ? 1 : 0];
    if (other == nullptr || client.chosen[index_of(from)] < other->chosen[index_of(from)]) other = &client;
  }
  if (best[0] == nullptr && best[1] == nullptr) return std::nullopt;
  int& streak = live_streak_[index_of(from)];
  const bool live = best[1] != nullptr && (best[0] == nullptr || streak < kLiveBurst);
  streak = live && best[0] != nullptr ? streak + 1 : 0;
  Client& client = *best[live ? 1 : 0];
  client.chosen[index_of(from)] = ++clock_;
  return client.requests[index_of(from)].front();
}

std::vector<Scheduler::RequestId> Scheduler::start_preparing() {
  std::vector<RequestId> started;
  while (const std::optional<RequestId> request = choose(Stage::waiting, Places::preparation)) {
    move(*request, Stage::preparing);
    started.push_back(*request);
  }
  return started;
}

void Scheduler::set_prepared(RequestId request) {
  if (stage(request) == Stage::preparing) move(request, Stage::prepared);
}

// Until when the prepared requests wait for more of them; nothing: they need not wait.
std::optional<Scheduler::Time> Scheduler::company_deadline() const {
  if (count(Stage::prepared, true) > 0) return std::nullopt;
  if (count(Stage::prepared, false) >= static_cast<size_t>(batch_size())) return std::nullopt;
  std::optional<Time> first;
  for (const auto& [id, entry] : requests_) {
    if (entry.stage == Stage::prepared) first = std::min(first.value_or(entry.arrived), entry.arrived);
  }
  if (!first) return std::nullopt;
  return *first + batch_timeout();
}

std::vector<Scheduler::RequestId> Scheduler::take_admission() {
  const auto limit = static_cast<size_t>(batch_size());
  std::vector<RequestId> admitted;
  while (admitted.size() < limit) {
    const std::optional<RequestId> request = choose(Stage::prepared, Places::model);
    if (!request) break;
    move(*request, Stage::running);
    admitted.push_back(*request);
  }
  return admitted;
}

// Live sequences first, then those that were decoded longest ago.
std::vector<Scheduler::RequestId> Scheduler::choose_step() {
  struct Candidate {
    bool live;
    uint64_t decoded;
    RequestId request;
  };
  std::vector<Candidate> candidates;
  for (const auto& [id, client] : clients_) {
    for (const RequestId request : client.requests[index_of(Stage::running)])
      candidates.push_back({client.policy.live, requests_.at(request).decoded, request});
  }
  std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    if (a.live != b.live) return a.live;
    return a.decoded != b.decoded ? a.decoded < b.decoded : a.request < b.request;
  });
  const size_t size = std::min(candidates.size(), static_cast<size_t>(batch_size()));
  int& streak = live_streak_[index_of(Stage::running)];
  const bool others_left_out = size < candidates.size() && candidates[size - 1].live && !candidates.back().live;
  streak = others_left_out ? streak + 1 : 0;
  if (streak > kLiveBurst) {
    const auto first_other =
        std::find_if(candidates.begin(), candidates.end(), [](const Candidate& candidate) { return !candidate.live; });
    std::iter_swap(candidates.begin() + static_cast<ptrdiff_t>(size) - 1, first_other);
    streak = 0;
  }
  std::vector<RequestId> step;
  for (size_t i = 0; i < size; ++i) {
    // Each a stamp of its own: with equal ones the smallest id would take part in every step.
    requests_.at(candidates[i].request).decoded = ++clock_;
    step.push_back(candidates[i].request);
  }
  std::sort(step.begin(), step.end());  // a batch that stays the same keeps its order
  return step;
}

Scheduler::Turn Scheduler::next_turn(Time now) {
  const bool running = count(Stage::running, false) + count(Stage::running, true) > 0;
  if (running && decode_is_due_) {
    decode_is_due_ = false;
    return {Turn::Action::decode, choose_step(), std::nullopt, false};
  }
  if (!running) {
    if (const std::optional<Time> deadline = company_deadline(); deadline && now < *deadline)
      return {Turn::Action::idle, {}, deadline, false};
  }
  if (std::vector<RequestId> admitted = take_admission(); !admitted.empty()) {
    decode_is_due_ = true;
    const size_t all = count(Stage::running, false) + count(Stage::running, true);
    return {Turn::Action::admit, std::move(admitted), std::nullopt, all <= kMaxDraftingSequences};
  }
  if (running) return {Turn::Action::decode, choose_step(), std::nullopt, false};
  return {};
}

}  // namespace deepseekocr
