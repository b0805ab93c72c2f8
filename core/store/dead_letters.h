// Records that cannot be applied, kept with the reason until a good version comes or somebody decides.
#pragma once
#include <cstdint>
#include <string_view>

#include "core/model/batch.h"
#include "core/store/database.h"
#include "core/store/store.h"

namespace psabridge::store {

/// One dead letter for each (connection, entity, source id); a record without an id is known by its payload.
/// One thread at a time, inside a transaction of the caller.
class DeadLetters {
 public:
  explicit DeadLetters(Database& database) : database_(database) {}

  /// Says where the following records come from; the texts must live as long.
  void begin_page(std::string_view connection, std::string_view pipeline, std::string_view entity, RunId run,
                  std::string_view now);
  /// Keeps a record; true when the file changed. The same failure of the same payload changes nothing, unless
  /// it was tried again.
  bool keep(const Record& record, const Verdict& verdict);
  /// A good version came, or the record is gone: closes its dead letter. True when there was one to close.
  bool resolve(const Record& record);
  /// True when a dead letter of this record waits for a good version.
  bool is_open(const Record& record);

 private:
  Database& database_;
  std::string_view connection_, pipeline_, entity_, now_;
  RunId run_ = 0;
  bool any_open_ = false;  ///< of this connection and entity; spares the search in the normal case
};

}  // namespace psabridge::store
