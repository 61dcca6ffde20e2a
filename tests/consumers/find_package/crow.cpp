// A user's program of the Crow adapter: its target brings Crow.
// SPDX-License-Identifier: MIT
#include <crow.h>

int main() { return crow::response(404).code == 404 ? 0 : 1; }
