// Answers of the HTTP server as bytes.
#pragma once
#include <string>
#include <string_view>

#include "core/net/http_server.h"

namespace psabridge::net {

/// True when status and headers make a message; a line end in a header would begin another one.
bool well_formed(const ServerAnswer& answer);
/// The head of a well formed answer with its blank line; `connection` is "keep-alive" or "close". Answers are
/// not stored by anybody on the way unless their headers say so.
std::string head_of(const ServerAnswer& answer, std::string_view connection);
/// The body, empty for a status that has none.
std::string_view body_of(const ServerAnswer& answer);
/// {"error": ..., "message": ...}; both plain ASCII without quotes.
ServerAnswer error_answer(int status, std::string_view error, std::string_view message);

}  // namespace psabridge::net
