// What the tests of the store share: a folder of its own for each test, a clock that stands where it is put,
// and pages made of a few words.
#pragma once
#include <sched.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zstd.h>

#include <atomic>
#include <filesystem>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/time.h"
#include "core/store/store.h"

namespace psabridge::store {

/// A new folder that is removed at the end of the scope.
class TestFolder {
 public:
  TestFolder() {
    static std::atomic<int> next{0};
    path_ = std::filesystem::temp_directory_path() /
            ("psabridge-store-" + std::to_string(getpid()) + "-" + std::to_string(++next));
    std::filesystem::create_directories(path_);
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path file() const { return path_ / "test.db"; }
  std::string url() const { return "sqlite:" + file().string(); }

 private:
  std::filesystem::path path_;
};

/// Changes a file behind psabridge's back.
inline void change_file(const std::filesystem::path& file, const char* sql) {
  sqlite3* handle = nullptr;
  const bool changed = sqlite3_open(file.c_str(), &handle) == SQLITE_OK &&
                       sqlite3_busy_timeout(handle, 10'000) == SQLITE_OK &&  // psabridge may be writing
                       sqlite3_exec(handle, sql, nullptr, nullptr, nullptr) == SQLITE_OK;
  sqlite3_close(handle);
  if (!changed) throw std::runtime_error("could not change " + file.string());
}

/// Runs `body` in a child process and returns its exit status.
template <class Body>
int in_child(Body body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// A disk of 1 MB over a folder, in a name space of this child process's own; it goes away with the child.
class SmallDisk {
 public:
  explicit SmallDisk(const std::filesystem::path& folder)
      : folder_(folder),
        mounted_((unshare(CLONE_NEWNS) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0) &&
                 mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 && resize("size=1m", 0)) {}

  /// False when a process may not mount a file system here.
  bool is_mounted() const { return mounted_; }
  void grow() { resize("size=64m", MS_REMOUNT); }

 private:
  bool resize(const char* size, unsigned long flags) {
    return mount("tmpfs", folder_.c_str(), "tmpfs", flags, size) == 0;
  }
  const std::filesystem::path folder_;
  const bool mounted_;
};

/// Time goes on only when a test says so.
class StandingClock final : public Clock {
 public:
  SysMilliseconds now() const override { return SysMilliseconds(monotonic()); }
  Milliseconds monotonic() const override { return Milliseconds(now_.load()); }
  void sleep(Milliseconds span, const std::function<bool()>&) override { now_ += span.count(); }

 private:
  std::atomic<Milliseconds::rep> now_ = parse_time("2026-03-01T08:00:00.000Z")->time_since_epoch().count();
};

/// A ticket-like entity with a field of every kind.
inline EntitySchema ticket_schema() {
  EntitySchema schema;
  schema.entity = "ticket";
  schema.fields = {
      {"summary", FieldType::text, "", true, false},     {"priority", FieldType::integer, "", false, true},
      {"hours", FieldType::real, "", false, false},      {"open", FieldType::boolean, "", false, false},
      {"opened_at", FieldType::time, "", false, false},  {"client", FieldType::ref, "client", false, true},
      {"assets", FieldType::refs, "asset", false, false}};
  return schema;
}

inline EntitySchema note_schema() {
  EntitySchema schema;
  schema.entity = "note";
  schema.parent = "ticket";
  schema.fields = {{"ticket", FieldType::ref, "ticket", true, false},
                   {"text", FieldType::text, "", false, false}};
  return schema;
}

inline EntitySchema client_schema() {
  EntitySchema schema;
  schema.entity = "client";
  schema.fields = {{"name", FieldType::text, "", true, false}};
  return schema;
}

/// A page that grows record by record.
class Page {
 public:
  explicit Page(const EntitySchema& schema, std::string connection = "acme") {
    batch_.schema = &schema;
    batch_.connection = std::move(connection);
  }

  /// Fields that are not named are null. The content hash is made from the values.
  Page& add(std::string_view id, std::string_view version,
            std::initializer_list<std::pair<std::string_view, Value>> values, Fate fate = Fate::write) {
    const std::size_t count = batch_.schema->fields.size();
    Value* fields = batch_.arena->make_array<Value>(count);
    std::uninitialized_fill_n(fields, count, null_value());
    std::string content;
    for (const auto& [name, value] : values) {
      fields[*batch_.schema->index_of(name)] = kept(value);
      content += std::string(name) + "=" + std::string(text_of(value)) +
                 std::to_string(has_text(value) ? 0 : value.as.integer);
    }
    const std::string_view raw = keep("{\"id\":\"" + std::string(id) + "\",\"" + content + "\":1}");
    batch_.records.push_back(
        {borrow(keep(id)), borrow(keep(version)), fields, count, borrow("{}"), borrow(raw)});
    Verdict& verdict = batch_.verdicts.emplace_back();
    verdict.fate = fate;
    verdict.packed_raw = packed(raw);
    hash(content, verdict.content_hash);
    return *this;
  }
  Page& add(std::string_view id, std::string_view version, std::string_view first_field) {
    return add(id, version, {{batch_.schema->fields.front().name, text_value(first_field)}});
  }
  Page& dead(std::string_view id, std::string_view version, std::string_view payload,
             std::string_view reason = "no summary") {
    add(id, version, {}, Fate::dead);
    batch_.records.back().raw = borrow(keep(payload));
    batch_.verdicts.back().dead_code = "PB1402";
    batch_.verdicts.back().dead_reason = keep(reason);
    return *this;
  }
  Page& only_id(std::string_view id, Fate fate, std::string_view version = {}) {
    return add(id, version, {}, fate);
  }

  Verdict& last_verdict() { return batch_.verdicts.back(); }
  const Batch& batch() const { return batch_; }

 private:
  std::string_view keep(std::string_view text) { return batch_.arena->keep(text); }
  Value kept(Value value) {
    if (has_text(value)) value.as.text = borrow(keep(text_of(value)));
    return value;
  }
  std::string_view packed(std::string_view raw) {
    std::string frame(ZSTD_compressBound(raw.size()), '\0');
    frame.resize(ZSTD_compress(frame.data(), frame.size(), raw.data(), raw.size(), 1));
    return keep(frame);
  }
  static void hash(std::string_view content, ContentHash& hash) {
    for (std::size_t i = 0; i < content.size(); ++i)
      hash[i % hash.size()] = static_cast<std::uint8_t>(hash[i % hash.size()] * 31 + content[i]);
  }

  Batch batch_;
};

/// A store with one run under way.
class OpenStore {
 public:
  explicit OpenStore(const TestFolder& folder, std::string_view mode = "incremental")
      : writer_(open_writer(folder.url(), clock)) {
    const std::vector<EntitySchema> schemas{client_schema(), ticket_schema(), note_schema()};
    writer_->prepare(schemas);
    begin_run(mode);
  }

  RunId begin_run(std::string_view mode = "incremental") {
    RunInfo info;
    info.pipeline = "main";
    info.connection = "acme";
    info.mode = mode;
    return run_ = writer_->begin_run(info);
  }

  Commit page(const Page& page) const {
    Commit commit;
    commit.run = run_;
    commit.pipeline = "main";
    commit.batch = &page.batch();
    return commit;
  }
  Counts commit(const Page& of, const ChangeWatcher& watcher = {}) { return commit(page(of), watcher); }
  Counts commit(const Commit& one, const ChangeWatcher& watcher = {}) {
    return writer_->commit({&one, 1}, watcher).front();
  }

  Writer* operator->() { return writer_.get(); }
  Writer& writer() { return *writer_; }
  RunId run() const { return run_; }

  StandingClock clock;

 private:
  std::unique_ptr<Writer> writer_;
  RunId run_ = 0;
};

/// The text of a column; "(null)" for NULL, "(none)" when there is no such record or column.
inline std::string column(const Reader& reader, std::string_view entity, std::string_view id,
                          std::string_view name) {
  const auto record = reader.record(entity, "acme", id);
  if (!record) return "(none)";
  for (const FieldText& field : record->columns)
    if (field.name == name) return field.null ? "(null)" : field.text;
  return "(none)";
}

/// The actions of a record's history, in order: "created updated".
inline std::string actions(const Reader& reader, std::string_view entity, std::string_view id) {
  std::string text;
  for (const AuditEntry& entry : reader.history(entity, "acme", id))
    text += (text.empty() ? "" : " ") + entry.action;
  return text;
}

}  // namespace psabridge::store
