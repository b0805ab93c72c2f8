// What every POST of rows has in common: the array that comes in, and Halo's ways of answering it.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sandbox/faults.h"
#include "tests/sandbox/http_message.h"

namespace sandbox {

// What is wrong with a posted row; the first fault ends the whole request.
struct Refusal {
  int status;
  std::string json;
};

inline constexpr std::string_view kNeedsArray =
    R"({"":["Cannot deserialize the current JSON object (e.g. {\"name\":\"value\"}) because the type requires a JSON array (e.g. [1,2,3]) to deserialize correctly."]})";
inline constexpr std::string_view kRecordNotFound = R"("Record not found")";

// A value as an integer; text of digits counts, a number with a fraction does not.
std::optional<std::int64_t> integer_in(const boost::json::value& value);
// The same of a member, which may be missing.
std::optional<std::int64_t> integer_of(const boost::json::object& item, std::string_view key);
bool has_text(const boost::json::object& item, std::string_view key);
// ASP.NET's complaint about a value that has another type than its member: names the index in the array and
// the member. `type` is .NET's word, e.g. "integer".
Refusal model_state(std::size_t index, std::string_view key, const boost::json::value& value,
                    std::string_view type);

// The rows of the request; nothing when it is refused, and then the response says why.
std::optional<boost::json::array> posted_rows(const Request& request, Response& response);
// One row in: that row. Several: the last one only, unless returnall. `written` is JSON text.
void answer_post(Faults& faults, std::string_view resource, const Request& request,
                 const std::vector<std::string>& written, Response& response);

}  // namespace sandbox
