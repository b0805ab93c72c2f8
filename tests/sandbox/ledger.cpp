#include "tests/sandbox/ledger.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace sandbox {

void Ledger::record(LedgerEntry entry) {
  const std::scoped_lock lock(mutex_);
  Counter& counter = by_resource_[entry.resource];
  ++counter.requests;
  counter.rows += entry.rows;
  if (entry.status >= 400) ++counter.errors;
  ++by_status_[entry.status];
  if (entries_.size() < kKept) entries_.push_back(std::move(entry));
}

void Ledger::reset() {
  const std::scoped_lock lock(mutex_);
  entries_.clear();
  by_resource_.clear();
  by_status_.clear();
}

std::string Ledger::describe() const {
  const std::scoped_lock lock(mutex_);
  boost::json::object resources;
  std::int64_t total = 0;
  for (const auto& [name, counter] : by_resource_) {
    total += counter.requests;
    resources[name] = {{"requests", counter.requests}, {"rows", counter.rows}, {"errors", counter.errors}};
  }
  boost::json::object statuses;
  for (const auto& [status, count] : by_status_) statuses[std::to_string(status)] = count;
  boost::json::array requests;
  for (const LedgerEntry& entry : entries_) {
    requests.push_back({{"method", entry.method},
                        {"path", entry.path},
                        {"query", entry.query},
                        {"resource", entry.resource},
                        {"status", entry.status},
                        {"count", entry.rows}});
  }
  return boost::json::serialize(boost::json::object{
      {"total", total}, {"by_resource", resources}, {"by_status", statuses}, {"requests", requests}});
}

}  // namespace sandbox
