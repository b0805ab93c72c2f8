#include "core/net/roster.h"

#include <algorithm>
#include <tuple>

#include "core/net/http_connection.h"

namespace psabridge::net {

Roster::Roster(std::size_t most, std::size_t most_of_one_origin)
    : most_(most), most_of_one_origin_(most_of_one_origin) {}

bool Roster::admit(const std::shared_ptr<Connection>& newcomer, const std::string& origin) {
  std::shared_ptr<Connection> goes;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    const auto neighbours = of_origin_.find(origin);
    if (neighbours != of_origin_.end() && neighbours->second >= most_of_one_origin_) {
      ++refused_[Refusal::too_many];
      return false;
    }
    if (entries_.size() >= most_) {
      ++refused_[Refusal::too_many];
      goes = take_out_slowest();
      if (!goes) return false;
    }
    entries_.emplace(newcomer.get(),
                     Entry{newcomer, origin, Standing::idle, std::chrono::steady_clock::now()});
    if (!origin.empty()) ++of_origin_[origin];
  }
  if (goes) goes->dismiss();
  return true;
}

void Roster::make_room() {
  std::shared_ptr<Connection> goes;
  {
    const std::lock_guard lock(mutex_);
    goes = take_out_slowest();
    if (goes) ++refused_[Refusal::too_many];
  }
  if (goes) goes->dismiss();
}

std::shared_ptr<Connection> Roster::take_out_slowest() {
  const auto slowest = std::ranges::min_element(
      entries_, {}, [](const auto& entry) { return std::tuple(entry.second.standing, entry.second.since); });
  if (slowest == entries_.end() || slowest->second.standing == Standing::served) return nullptr;
  return take_out(slowest);
}

std::shared_ptr<Connection> Roster::take_out(Entries::iterator entry) {
  const auto neighbours = of_origin_.find(entry->second.origin);
  if (neighbours != of_origin_.end() && --neighbours->second == 0) of_origin_.erase(neighbours);
  auto connection = std::move(entry->second.connection);
  entries_.erase(entry);
  if (entries_.empty()) emptied_.notify_all();
  return connection;
}

void Roster::mark(const Connection& connection, Standing standing) {
  const std::lock_guard lock(mutex_);
  const auto entry = entries_.find(&connection);
  if (entry == entries_.end()) return;  // it had to give way and does not know yet
  entry->second.standing = standing;
  entry->second.since = std::chrono::steady_clock::now();
}

void Roster::leave(const Connection& connection) {
  std::shared_ptr<Connection> gone;  // freed without the lock
  const std::lock_guard lock(mutex_);
  const auto entry = entries_.find(&connection);
  if (entry != entries_.end()) gone = take_out(entry);
}

void Roster::count(Refusal refusal) {
  const std::lock_guard lock(mutex_);
  ++refused_[refusal];
}

ServerFigures Roster::figures() const {
  const std::lock_guard lock(mutex_);
  return {entries_.size(), refused_};
}

std::vector<std::shared_ptr<Connection>> Roster::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  std::vector<std::shared_ptr<Connection>> connected;
  connected.reserve(entries_.size());
  for (const auto& [key, entry] : entries_) connected.push_back(entry.connection);
  return connected;
}

void Roster::wait_until_empty(Milliseconds patience) {
  std::unique_lock lock(mutex_);
  emptied_.wait_for(lock, patience, [this] { return entries_.empty(); });
}

void Roster::clear() {
  const std::lock_guard lock(mutex_);
  entries_.clear();
  of_origin_.clear();
}

}  // namespace psabridge::net
