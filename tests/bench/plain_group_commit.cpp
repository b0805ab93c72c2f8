#include "tests/bench/plain_group_commit.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <semaphore>
#include <stdexcept>
#include <system_error>
#include <thread>

namespace psabridge::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kRowsPerTransaction = 256;
constexpr std::size_t kAppended = 8192;  // bytes

/// One producer's row that waits for its commit.
struct Order {
  const std::string* row = nullptr;
  std::counting_semaphore<> committed{0};
};

/// From the producers to the writer. Thread-safe.
class Queue {
 public:
  void put(Order& order) {
    {
      const std::lock_guard lock(mutex_);
      orders_.push_back(&order);
    }
    filled_.notify_one();
  }
  void end() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    filled_.notify_one();
  }
  /// Empty at the end.
  std::vector<Order*> take() {
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [this] { return ended_ || !orders_.empty(); });
    const auto count = static_cast<std::ptrdiff_t>(std::min(orders_.size(), kRowsPerTransaction));
    std::vector<Order*> group(orders_.begin(), orders_.begin() + count);
    orders_.erase(orders_.begin(), orders_.begin() + count);
    return group;
  }

 private:
  std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<Order*> orders_;
  bool ended_ = false;
};

class Table {
 public:
  explicit Table(const std::filesystem::path& file) {
    sqlite3* handle = nullptr;
    const int status = sqlite3_open(file.c_str(), &handle);
    database_.reset(handle);
    check(status);
    execute(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
        "CREATE TABLE IF NOT EXISTS row (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL)");
    sqlite3_stmt* statement = nullptr;
    check(sqlite3_prepare_v2(handle, "INSERT INTO row (bytes) VALUES (?)", -1, &statement, nullptr));
    insert_.reset(statement);
  }

  void write(const std::vector<Order*>& group) {
    execute("BEGIN IMMEDIATE");
    for (const Order* order : group) {
      check(sqlite3_bind_blob(insert_.get(), 1, order->row->data(), static_cast<int>(order->row->size()),
                              SQLITE_STATIC));
      check(sqlite3_step(insert_.get()));
      sqlite3_reset(insert_.get());
    }
    execute("COMMIT");
  }

 private:
  void check(int status) const {
    if (status != SQLITE_OK && status != SQLITE_DONE)
      throw std::runtime_error(sqlite3_errmsg(database_.get()));
  }
  void execute(const char* sql) const {
    check(sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr));
  }

  std::unique_ptr<sqlite3, decltype(&sqlite3_close)> database_{nullptr, &sqlite3_close};
  std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> insert_{nullptr, &sqlite3_finalize};
};

}  // namespace

std::chrono::duration<double> commit_in_groups(const std::filesystem::path& file,
                                               const std::vector<std::string>& rows, std::size_t producers) {
  Table table(file);
  Queue queue;
  std::atomic<std::size_t> next{0}, working{producers};
  std::vector<Order> orders(producers);
  std::vector<std::jthread> threads;
  const auto began = Clock::now();
  for (Order& order : orders) {
    threads.emplace_back([&] {
      for (std::size_t row = next++; row < rows.size(); row = next++) {
        order.row = &rows[row];
        queue.put(order);
        order.committed.acquire();
      }
      if (--working == 0) queue.end();
    });
  }
  try {
    for (auto group = queue.take(); !group.empty(); group = queue.take()) {
      table.write(group);
      for (Order* order : group) order->committed.release();
    }
  } catch (...) {
    next = rows.size();  // nobody shall wait for what is not written any more
    for (Order& order : orders) order.committed.release();
    throw;
  }
  return Clock::now() - began;
}

std::vector<double> append_times(const std::filesystem::path& file, std::size_t count) {
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const std::string bytes(kAppended, 'x');
  std::vector<double> times;
  bool well = descriptor >= 0;
  while (well && times.size() < count) {
    const auto began = Clock::now();
    well =
        ::write(descriptor, bytes.data(), bytes.size()) == std::ssize(bytes) && ::fdatasync(descriptor) == 0;
    times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - began).count());
  }
  const int error = errno;
  if (descriptor >= 0) ::close(descriptor);
  if (!well) throw std::system_error(error, std::generic_category(), file.string());
  std::ranges::sort(times);
  return times;
}

}  // namespace psabridge::bench
