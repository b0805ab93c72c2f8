// Our plugins as the host meets them: shared libraries, entered through the C tables of <psabridge/abi.h>.
#pragma once
#include <psabridge/abi.h>

#include <boost/json.hpp>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/model/entity_schema.h"

namespace psabridge::test {

/// How a verb ended.
struct Ending {
  psabridge_code code = PSABRIDGE_OK;
  std::string message;
};

/// A host that offers a log and nothing else.
class LoggingHost {
 public:
  struct Line {
    psabridge_level level;
    std::string text;
  };
  const psabridge_host* table() const noexcept { return &table_; }
  const std::vector<Line>& lines() const noexcept { return lines_; }

 private:
  static void log(void* self, psabridge_level level, psabridge_str text);

  psabridge_host table_{
      sizeof(psabridge_host), this, nullptr, nullptr, nullptr, nullptr, nullptr, &log, nullptr};
  std::vector<Line> lines_;
};

/// One instance of the one role of a plugin. The library stays loaded for the life of the process.
class LoadedRole {
 public:
  /// `plugin`: file name without ".so". `host` must outlive the role. The test fails when the plugin cannot
  /// be loaded or the instance cannot be made.
  LoadedRole(const std::string& plugin, LoggingHost& host, std::string_view settings = "{}");
  ~LoadedRole();
  LoadedRole(const LoadedRole&) = delete;
  LoadedRole& operator=(const LoadedRole&) = delete;

  const psabridge_role& role() const noexcept { return *role_; }
  template <class Verbs>
  const Verbs& verbs() const noexcept {
    return *static_cast<const Verbs*>(role_->verbs);
  }
  void* self() const noexcept { return self_; }

 private:
  const psabridge_role* role_ = nullptr;
  void* self_ = nullptr;
};

/// A call that remembers how it failed.
class Call {
 public:
  const psabridge_call* table() const noexcept { return &table_; }
  /// What `code`, returned by the verb, means together with what was reported. The report and the code agree.
  Ending ending(psabridge_code code) const;

 private:
  static void fail(void* self, const psabridge_status* status);

  psabridge_call table_{sizeof(psabridge_call), this, &fail, [](void*) -> std::int32_t { return 0; }};
  Ending reported_;
};

/// Records for a verb, made from JSON: the members of an object become fields of the schema's types.
class Rows {
 public:
  explicit Rows(const EntitySchema& schema, std::string connection = "acme");
  Rows& add(std::string source_id, const boost::json::object& fields);
  /// Valid until the next add().
  const psabridge_batch* batch();

  const EntitySchema& schema() const noexcept { return *schema_; }

 private:
  struct Row {
    std::string source_id;
    std::vector<psabridge_value> fields;
  };
  psabridge_value value_of(const FieldSchema& field, const boost::json::value& value);

  const EntitySchema* schema_;
  std::string connection_;
  std::vector<std::unique_ptr<std::string>> texts_;
  std::vector<Row> rows_;
  std::vector<psabridge_str> names_;
  std::vector<psabridge_record> records_;
  psabridge_batch batch_{};
};

/// What a syncer did to one record.
struct Refined {
  boost::json::object changes;
  std::string rejection;  ///< reason; empty when it was not rejected
  std::string code;
};

/// The syncer of an entity.
class LoadedSyncer {
 public:
  explicit LoadedSyncer(const std::string& entity);
  const std::string& schema_text() const noexcept { return text_; }
  const EntitySchema& schema() const noexcept { return schema_; }
  /// Refines; the test fails when the verb does.
  std::vector<Refined> refine(Rows& rows);
  Refined refine(const std::string& source_id, const boost::json::object& fields);

 private:
  LoggingHost host_;
  LoadedRole role_;
  std::string text_;
  EntitySchema schema_;
};

/// The thirteen entities that psabridge comes with, in the order in which people think of them.
const std::vector<std::string>& entities();

}  // namespace psabridge::test
