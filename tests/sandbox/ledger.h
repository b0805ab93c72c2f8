// What was asked of the sandbox: every request to the API and the token endpoint, and counters by resource.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace sandbox {

struct LedgerEntry {
  std::string method;
  std::string path;
  std::string query;
  std::string resource;  // "tickets", "token" ...
  int status = 0;
  std::int64_t rows = 0;
};

// Thread-safe. Keeps at most kKept entries; the counters never stop.
class Ledger {
 public:
  static constexpr std::size_t kKept = 200'000;

  void record(LedgerEntry entry);
  void reset();
  // {"total", "by_resource": {name: {"requests", "rows", "errors"}}, "by_status", "requests": [...]}
  std::string describe() const;

 private:
  struct Counter {
    std::int64_t requests = 0;
    std::int64_t rows = 0;
    std::int64_t errors = 0;
  };

  mutable std::mutex mutex_;
  std::vector<LedgerEntry> entries_;
  std::map<std::string, Counter> by_resource_;
  std::map<int, std::int64_t> by_status_;
};

}  // namespace sandbox
