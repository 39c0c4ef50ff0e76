"""What belongs to the notebook ``supervised_pretraining`` alone."""
