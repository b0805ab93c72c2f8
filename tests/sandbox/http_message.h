// A request and its answer, free of any HTTP library.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sandbox/text_buffer.h"

namespace sandbox {

// The parameters of a query string or a form; names are case-insensitive and kept in lower case.
class Query {
 public:
  Query() = default;
  explicit Query(std::string_view encoded);

  bool has(std::string_view name) const { return values_.contains(name); }
  std::string_view get(std::string_view name) const;
  // "true" in any case, or "1".
  bool flag(std::string_view name) const;
  std::optional<std::int64_t> integer(std::string_view name) const;
  // The integers of "1,2" or "[1,2]"; other words are skipped.
  std::set<std::int32_t> integers(std::string_view name) const;
  // The words of "a,b" or ["a","b"], without quotes.
  std::vector<std::string> words(std::string_view name) const;

  const std::map<std::string, std::string, std::less<>>& all() const { return values_; }

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

// "%41+b" -> "A b"
std::string percent_decoded(std::string_view text);
// "A b" -> "A%20b": all but letters, digits and -._~
std::string percent_encoded(std::string_view text);
std::string lower_case(std::string_view text);

struct Request {
  std::string method;
  std::string path;  // as sent
  std::string query_text;
  Query query;
  std::string authorization;
  std::string api_key;  // X-Halo-Api-Key
  std::string content_type;
  std::string body;
};

enum class Delivery { whole, cut, reset, slow, lost };

// Reused from one request to the next of a connection, so that its buffer stays warm.
struct Response {
  int status = 200;
  std::string content_type;
  std::vector<std::pair<std::string, std::string>> headers;
  TextBuffer body;
  std::int64_t rows = 0;  // for the ledger
  Delivery delivery = Delivery::whole;
  std::int64_t piece_delay_ms = 0;
  std::int64_t start_delay_ms = 0;
  bool close_after = false;

  void clear();
  // An answer in JSON text.
  void json(int code, std::string_view text);
  void empty(int code);
};

}  // namespace sandbox
