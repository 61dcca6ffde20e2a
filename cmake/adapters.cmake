# Adapters to frameworks, one target each, on when the framework is found; prints which are on.
# SPDX-License-Identifier: MIT
list(APPEND CMAKE_MODULE_PATH ${CMAKE_CURRENT_LIST_DIR})

find_package(Asio 1.22 MODULE)
if(Asio_FOUND)
  add_library(ctxlog_asio INTERFACE)
  add_library(ctxlog::asio ALIAS ctxlog_asio)
  set_target_properties(ctxlog_asio PROPERTIES EXPORT_NAME asio)
  target_link_libraries(ctxlog_asio INTERFACE ctxlog Asio::Asio)
  message(STATUS "ctxlog::asio: on (Asio ${Asio_VERSION})")
else()
  message(STATUS "ctxlog::asio: off (asio.hpp, version 1.22 or newer, was not found)")
endif()
