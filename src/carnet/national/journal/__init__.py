"""The trace of every act, and the actors."""
