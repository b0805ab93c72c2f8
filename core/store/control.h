// The control file: what several processes must know of a store at once, beside it in a small file of its own
// (`<store>.control`), because the store itself has one writer. It holds the states of the connections, the
// sealed secrets and the wrapped keys of the vault; nothing in it can be read without the vault's key but
// names and times.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"

namespace psabridge::store {

class Database;

/// How a connection is; times are RFC 3339.
struct ConnectionState {
  std::string connection;
  std::string state;  ///< new connected degraded unauthorized rate_limited paused maintenance failed
  std::string since;
  std::string code;   ///< of the error behind it, or empty
  std::string cause;  ///< a sentence, or empty
  std::string checked_at;
};

/// A secret as the vault closed it.
struct SealedSecret {
  std::string name;
  std::int64_t key = 0;    ///< id of the data key that it is sealed with
  std::string sealed;      ///< bytes
  std::string updated_at;  ///< RFC 3339; put_secret sets it when it is empty
  std::string expires_at;  ///< RFC 3339, or empty
  bool operator==(const SealedSecret&) const = default;
};

/// A data key under one key-encryption key. While a key file is exchanged the same data key is there twice,
/// under the old one and the new one.
struct WrappedKey {
  std::int64_t id = 0;     ///< of the data key
  std::string wrapping;    ///< kind of the key-encryption key: key_file, passphrase, credential
  std::string parameters;  ///< what finds or derives it again; nothing secret
  std::string wrapped;     ///< bytes
  std::string created_at;  ///< RFC 3339; set when it is empty
  bool operator==(const WrappedKey&) const = default;
};

/// Everything of the vault that is in the file.
struct VaultRows {
  std::vector<WrappedKey> keys;
  std::vector<SealedSecret> secrets;
};

/// Thread-safe; any number of processes may have the file open. A file that is missing reads as empty; the
/// first write makes it, for its owner alone (0600). Every write is one short transaction that waits up to
/// 10 s for others and is on disk when the call returns. Every function throws Error PB13xx.
class Control {
 public:
  /// `store_url` is "sqlite:/abs/path". Touches no file. `clock` outlives the object.
  Control(const std::string& store_url, Clock& clock);
  ~Control();
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  const std::filesystem::path& file() const noexcept { return file_; }

  std::optional<ConnectionState> connection(std::string_view name);
  /// By name.
  std::vector<ConnectionState> connections();
  /// True when state or code differ from what was there: then `since` is taken from the argument (now, when
  /// it is empty) and the change goes into the history; otherwise `since` stays, cause and checked_at move.
  bool set_connection(const ConnectionState& state);
  /// The changes, newest first; the last 200 are kept.
  std::vector<ConnectionState> history(std::string_view name, std::uint32_t limit);
  void forget_connection(std::string_view name);

  std::optional<SealedSecret> secret(std::string_view name);
  /// By name.
  std::vector<SealedSecret> secrets();
  /// Adds or replaces. False, and nothing written, when the key that it is sealed with is not in the file any
  /// more, because another process rotated the keys meanwhile: it is then to be sealed again.
  bool put_secret(const SealedSecret& secret);
  /// False when there was none.
  bool remove_secret(std::string_view name);

  std::vector<WrappedKey> keys();
  /// Changes keys and secrets in one transaction, into which nobody else writes: `change` is given what is
  /// there and leaves what is to be there. What it throws undoes everything and is thrown on. It must not
  /// call this object.
  void change_vault(const std::function<void(VaultRows&)>& change);

 private:
  /// The open file; null when nothing was ever written.
  Database* existing();
  /// The open file, made when it is missing.
  Database& made();
  std::string now() const;

  const std::filesystem::path file_;
  Clock& clock_;
  std::mutex mutex_;
  std::unique_ptr<Database> database_;
};

}  // namespace psabridge::store
